//! The files of a database, as somebody finds them who has the disk.

use super::database::Raw;
use super::{Database, World};

/// Where rows lie on the disk, and what was written ahead of them; as text of one character a byte, as the library's
/// search in text is fast also where tests are not optimised.
pub struct Files {
    pub rows: String,
    pub ahead: String,
}

/// All bytes of the database. The log of PostgreSQL is that of all databases beside it.
pub fn db_files(world: &World) -> Files {
    let read = |folder: &std::path::Path| {
        let mut bytes = Vec::new();
        for file in std::fs::read_dir(folder).expect("the folder can be read") {
            let path = file.expect("a file").path();
            if path.is_file() {
                // One may be gone by now.
                bytes.extend(std::fs::read(path).unwrap_or_default());
            }
        }
        latin(&bytes)
    };
    match world.database {
        Database::Sqlite => Files {
            rows: read(world.folder()),
            ahead: String::new(),
        },
        Database::Postgres => {
            let mut raw = Raw::open(&world.url);
            raw.must("CHECKPOINT");
            let mut line = |sql: &str| raw.lines(sql).remove(0);
            let folder = line("SELECT current_setting('data_directory') AS line");
            let oid = line(
                "SELECT oid::text AS line FROM pg_database WHERE datname = current_database()",
            );
            let folder = std::path::Path::new(&folder);
            Files {
                rows: read(&folder.join("base").join(oid)),
                ahead: read(&folder.join("pg_wal")),
            }
        }
    }
}

/// Bytes as text of one character each.
pub fn latin(bytes: &[u8]) -> String {
    bytes.iter().map(|&b| b as char).collect()
}

/// How base64 writes this text, at each of the three places that it can have in what is written: as much of it as does not
/// hang on what stands beside it.
pub fn in_base64(text: &str) -> [String; 3] {
    use base64::Engine;
    [0, 1, 2].map(|before: usize| {
        let padded = [&b"\0\0"[..before], text.as_bytes()].concat();
        let whole = base64::engine::general_purpose::STANDARD_NO_PAD.encode(&padded);
        // Six bits a character: the first and the last that hold nothing but bits of the text.
        let (from, to) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
        whole[from..to].to_owned()
    })
}
