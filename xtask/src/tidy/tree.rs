//! The text files of the repository.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold nothing of ours, as `.gitignore` says.
const SKIPPED: [&str; 4] = [".git", "target", "out", "node_modules"];

/// A text file.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// From the root, with forward slashes.
    pub path: String,
    /// Its content.
    pub text: String,
}

impl File {
    /// Whether the whole file is test code.
    pub fn is_test(&self) -> bool {
        ["/tests/", "/benches/"]
            .iter()
            .any(|part| self.path.contains(part))
            || self.path.ends_with("/tests.rs")
    }
}

/// All text files, and where they lie.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// The repository's root folder.
    pub root: PathBuf,
    /// Ascending by path.
    pub files: Vec<File>,
}

impl Tree {
    /// Reads every file of valid UTF-8 below `root`.
    ///
    /// # Errors
    /// Names the folder or file that cannot be read.
    pub fn read(root: &Path) -> Result<Self, String> {
        let mut tree = Self {
            root: root.to_path_buf(),
            files: Vec::new(),
        };
        tree.read_folder(root)?;
        tree.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(tree)
    }

    fn read_folder(&mut self, folder: &Path) -> Result<(), String> {
        let say = |error| format!("{}: {error}", folder.display());
        for entry in fs::read_dir(folder).map_err(say)? {
            let path = entry.map_err(say)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() {
                if !SKIPPED.contains(&&*name) {
                    self.read_folder(&path)?;
                }
                continue;
            }
            let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            if let Ok(text) = String::from_utf8(bytes) {
                let path = self.relative(&path);
                self.files.push(File { path, text });
            }
        }
        Ok(())
    }

    fn relative(&self, path: &Path) -> String {
        let path = path.strip_prefix(&self.root).unwrap_or(path);
        let parts = path
            .components()
            .map(|part| part.as_os_str().to_string_lossy());
        parts.collect::<Vec<_>>().join("/")
    }

    /// The file at a path from the root.
    pub fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Files whose path ends in a given way.
    pub fn ending(&self, end: &'static str) -> impl Iterator<Item = &File> {
        self.files.iter().filter(move |f| f.path.ends_with(end))
    }
}

#[cfg(test)]
pub(super) fn tree_of(files: &[(&str, &str)]) -> Tree {
    let files = files.iter().map(|(path, text)| File {
        path: (*path).to_owned(),
        text: (*text).to_owned(),
    });
    Tree {
        root: PathBuf::new(),
        files: files.collect(),
    }
}
