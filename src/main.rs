//! The commands; see `cli`.

fn main() -> std::process::ExitCode {
    portcullis::cli::run()
}
