//! The initrd: an archive in cpio's form "newc", first the ACPI tables and then the guest's program.

/// A file: path, permissions and contents.
type File<'a> = (&'a str, u32, &'a [u8]);

const DIRECTORY: u32 = 0o040_755;
const REGULAR: u32 = 0o100_644;
const PROGRAM: u32 = 0o100_755;

/// An initrd with these ACPI tables and `init`. Linux looks for tables in the first archive only.
pub fn build(tables: &[(&str, Vec<u8>)], init: &[u8]) -> Vec<u8> {
    let paths: Vec<String> =
        tables.iter().map(|(name, _)| format!("kernel/firmware/acpi/{name}.aml")).collect();
    let mut early: Vec<File> =
        ["kernel", "kernel/firmware", "kernel/firmware/acpi"].map(|path| (path, DIRECTORY, &[][..])).to_vec();
    early.extend(
        paths.iter().zip(tables).map(|(path, (_, table))| (path.as_str(), REGULAR, table.as_slice())),
    );
    [archive(&early), archive(&[("init", PROGRAM, init)])].concat()
}

fn archive(files: &[File]) -> Vec<u8> {
    let mut archive = Vec::new();
    for (inode, file) in (1..).zip(files) {
        entry(&mut archive, inode, *file);
    }
    entry(&mut archive, 0, ("TRAILER!!!", 0, &[]));
    pad(&mut archive, 512);
    archive
}

fn entry(archive: &mut Vec<u8>, inode: u32, (path, mode, contents): File) {
    let size = |length: usize| u32::try_from(length).unwrap();
    let header = [inode, mode, 0, 0, 1, 0, size(contents.len()), 0, 0, 0, 0, size(path.len() + 1), 0];
    archive.extend(b"070701");
    header.iter().for_each(|field| archive.extend(format!("{field:08X}").bytes()));
    archive.extend(path.as_bytes());
    archive.push(0);
    pad(archive, 4);
    archive.extend(contents);
    pad(archive, 4);
}

fn pad(archive: &mut Vec<u8>, unit: usize) {
    archive.resize(archive.len().next_multiple_of(unit), 0);
}
