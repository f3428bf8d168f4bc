//! The commands; see `cli`.

/// A gate answer makes a few dozen small allocations in the HTTP library.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    portcullis::cli::run()
}
