//! A connection that says nothing is closed: the protocol's own timers start
//! only with its first byte, and a silent one would hold its descriptor for ever.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// A stream whose first byte must arrive in time.
pub(super) struct FirstByte<S> {
    stream: S,
    /// None once a byte has arrived.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<S> FirstByte<S> {
    pub(super) fn within(time_max: Duration, stream: S) -> Self {
        Self { stream, deadline: Some(Box::pin(tokio::time::sleep(time_max))) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for FirstByte<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_ready() {
            self.deadline = None;
            return read;
        }
        match self.deadline.as_mut().map(|deadline| deadline.as_mut().poll(context)) {
            Some(Poll::Ready(())) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Some(Poll::Pending) | None => Poll::Pending,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FirstByte<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    fn run(work: impl Future<Output = ()>) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
    }

    #[test]
    fn a_silent_connection_is_given_up() {
        run(async {
            let (_client, server) = tokio::io::duplex(8);
            let mut server = FirstByte::within(Duration::from_millis(1), server);
            let fault = server.read_u8().await.unwrap_err();
            assert_eq!(fault.kind(), io::ErrorKind::TimedOut);
        });
    }

    #[test]
    fn one_that_spoke_is_left_to_the_protocol() {
        run(async {
            let (mut client, server) = tokio::io::duplex(8);
            let mut server = FirstByte::within(Duration::from_secs(3600), server);
            client.write_all(b"ab").await.unwrap();
            assert_eq!(server.read_u8().await.unwrap(), b'a');
            assert!(server.deadline.is_none());
            assert_eq!(server.read_u8().await.unwrap(), b'b');
        });
    }
}
