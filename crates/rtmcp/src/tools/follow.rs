//! [`follow`]: the steps of a running call, as often as anybody can follow them.

use std::{pin::pin, time::Duration};

use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

/// How often a call may say how far it is: a person reads no faster, and a server that floods must
/// not fill the memory of a session that is slower.
const PACE: Duration = Duration::from_millis(100);

/// Waits for a call, and tells its newest step now and then; the last one before the end.
pub(super) async fn follow<T, S>(
    called: impl Future<Output = T>,
    mut steps: mpsc::UnboundedReceiver<S>,
    mut tell: impl FnMut(S),
) -> T {
    let mut called = pin!(called);
    let mut newest = None;
    let mut next = Instant::now();
    loop {
        tokio::select! {
            biased;
            done = &mut called => {
                while let Ok(step) = steps.try_recv() {
                    newest = Some(step);
                }
                newest.into_iter().for_each(tell);
                return done;
            }
            Some(step) = steps.recv() => newest = Some(step),
            () = sleep_until(next), if newest.is_some() => {}
        }
        if Instant::now() >= next {
            newest.take().into_iter().for_each(&mut tell);
            next = Instant::now() + PACE;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn of_a_flood_of_steps_the_newest_are_told_now_and_then_and_the_last() {
        let (sender, steps) = mpsc::unbounded_channel();
        let flood = async move {
            for thousand in 0..100_u32 {
                let steps = thousand * 1000..(thousand + 1) * 1000;
                steps.for_each(|step| sender.send(step).unwrap());
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            "done"
        };
        let mut told = Vec::new();
        assert_eq!(follow(flood, steps, |step| told.push(step)).await, "done");
        assert!(
            (10..=12).contains(&told.len()),
            "a second's worth: {told:?}"
        );
        assert!(told.is_sorted() && told.last() == Some(&99_999));
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_is_told_though_no_other_follows() {
        let (sender, steps) = mpsc::unbounded_channel();
        let called = async move {
            sender.send((1, Instant::now())).unwrap();
            tokio::time::sleep(PACE / 2).await;
            sender.send((2, Instant::now())).unwrap();
            tokio::time::sleep(PACE * 10).await;
        };
        let mut told = Vec::new();
        follow(called, steps, |(step, at): (u32, Instant)| {
            told.push((step, at.elapsed()));
        })
        .await;
        assert_eq!(told.len(), 2);
        assert!(told[0].1 < PACE && told[1].1 < PACE, "{told:?}");
    }
}
