//! The body of an upload: the form around a file that is read as it is sent.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::multipart::Multipart;

/// A body of known length that can be read from any place again.
#[derive(Debug)]
pub struct Source {
    form: Multipart,
    file: File,
    file_length: u64,
    position: u64,
}

/// The file gave fewer bytes than it had when it was opened, or none at all.
#[derive(Debug)]
pub struct ReadFailed;

impl Source {
    pub fn new(form: Multipart, file: File, file_length: u64) -> Source {
        Source { form, file, file_length, position: 0 }
    }

    pub fn content_type(&self) -> &str {
        &self.form.content_type
    }

    /// Length of the whole body.
    pub fn length(&self) -> u64 {
        self.form.head.len() as u64 + self.file_length + self.form.tail.len() as u64
    }

    /// Goes to a place of the body. False: there is no such place.
    pub fn seek(&mut self, position: u64) -> bool {
        if position > self.length() {
            return false;
        }
        self.position = position;
        true
    }

    /// Fills the buffer as far as the body goes; 0 at its end.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ReadFailed> {
        let mut filled = 0;
        while filled < buffer.len() {
            let count = self.read_piece(&mut buffer[filled..])?;
            if count == 0 {
                break;
            }
            filled += count;
            self.position += count as u64;
        }
        Ok(filled)
    }

    fn read_piece(&self, buffer: &mut [u8]) -> Result<usize, ReadFailed> {
        let head = self.form.head.len() as u64;
        let tail = head + self.file_length;
        if self.position < head {
            return Ok(copy(&self.form.head[self.position as usize..], buffer));
        }
        if self.position >= tail {
            return Ok(copy(&self.form.tail[(self.position - tail) as usize..], buffer));
        }
        let left = usize::try_from(tail - self.position).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        loop {
            match self.file.read_at(&mut buffer[..wanted], self.position - head) {
                Ok(0) => return Err(ReadFailed),
                Ok(count) => return Ok(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(ReadFailed),
            }
        }
    }
}

fn copy(from: &[u8], to: &mut [u8]) -> usize {
    let count = from.len().min(to.len());
    to[..count].copy_from_slice(&from[..count]);
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn source(content: &[u8]) -> Source {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        let form = Multipart { content_type: "x".into(), head: b"<head>".to_vec(), tail: b"<tail>".to_vec() };
        Source::new(form, file, content.len() as u64)
    }

    fn read_all(source: &mut Source, step: usize) -> Vec<u8> {
        let mut all = Vec::new();
        let mut buffer = vec![0; step];
        loop {
            let count = source.read(&mut buffer).unwrap();
            if count == 0 {
                return all;
            }
            all.extend_from_slice(&buffer[..count]);
        }
    }

    #[test]
    fn the_same_bytes_whatever_the_buffer_and_from_any_place() {
        let content: Vec<u8> = (0..100u8).collect();
        let whole = [b"<head>", &content[..], b"<tail>"].concat();
        for step in [1, 2, 5, 7, 64, 1000] {
            let mut source = source(&content);
            assert_eq!(source.length(), whole.len() as u64);
            assert_eq!(read_all(&mut source, step), whole);
            for place in 0..=whole.len() {
                assert!(source.seek(place as u64));
                assert_eq!(read_all(&mut source, step), &whole[place..]);
            }
            assert!(!source.seek(whole.len() as u64 + 1));
        }
    }

    #[test]
    fn an_empty_file_is_only_its_form() {
        assert_eq!(read_all(&mut source(b""), 4), b"<head><tail>");
    }

    #[test]
    fn a_file_that_shrank_is_an_error_and_one_that_grew_is_cut() {
        let mut shrunk = source(b"0123456789");
        shrunk.file.set_len(4).unwrap();
        assert!(shrunk.read(&mut [0; 100]).is_err());
        let mut grown = source(b"0123456789");
        grown.file.write_all(b"more").unwrap();
        assert_eq!(read_all(&mut grown, 8), b"<head>0123456789<tail>");
    }
}
