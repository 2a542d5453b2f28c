//! [`Sources`]: where things come from that a session must hear of.

use rtmcp_mcp::{Changes, Notice, Notices, ServerChange};
use rtmcp_media::webrtc::PeerEvent;
use rtmcp_router::Router;
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

use super::{
    guest::Guest,
    link::{Link, LinkNews},
};
use crate::{alarm::Alarm, handle::Wish, tools::News};

/// Where things come from, besides the link and the clock.
pub(super) struct Sources {
    pub(super) wanted: mpsc::UnboundedReceiver<Wish>,
    pub(super) news: mpsc::UnboundedReceiver<News>,
    pub(super) changes: Option<Changes>,
    pub(super) notices: Option<Notices>,
    pub(super) roster: Option<watch::Receiver<Router>>,
    pub(super) alarm: Alarm,
}

/// One thing that happened.
pub(super) enum Happened {
    Link(LinkNews),
    Guest(Result<PeerEvent, String>),
    Wish(Wish),
    News(News),
    Server(ServerChange),
    Notice(Notice),
    Roster(Router),
    Due,
}

impl Sources {
    /// Waits for the next thing.
    pub(super) async fn next(
        &mut self,
        link: &mut Link,
        guest: Option<&mut Guest>,
        due: Option<Instant>,
    ) -> Happened {
        tokio::select! {
            news = link.next() => Happened::Link(news),
            Some(happened) = next_of(guest) => Happened::Guest(happened),
            Some(wish) = self.wanted.recv() => Happened::Wish(wish),
            Some(news) = self.news.recv() => Happened::News(news),
            Some(change) = next_change(&mut self.changes) => Happened::Server(change),
            Some(notice) = next_notice(&mut self.notices) => Happened::Notice(notice),
            Some(router) = next_router(&mut self.roster) => Happened::Roster(router),
            () = self.alarm.ring(due) => Happened::Due,
        }
    }
}

/// Waits for what comes of a page; gives nothing where there is none.
async fn next_of(guest: Option<&mut Guest>) -> Option<Result<PeerEvent, String>> {
    Some(guest?.next().await)
}

/// Waits for a change, and forever once there can be none.
async fn next_change(changes: &mut Option<Changes>) -> Option<ServerChange> {
    if let Some(open) = changes {
        if let Some(change) = open.next().await {
            return Some(change);
        }
        *changes = None;
    }
    std::future::pending().await
}

/// Waits for a notice, and forever once there can be none.
async fn next_notice(notices: &mut Option<Notices>) -> Option<Notice> {
    if let Some(open) = notices {
        if let Some(notice) = open.next().await {
            return Some(notice);
        }
        *notices = None;
    }
    std::future::pending().await
}

/// Waits for new tools, and forever once there can be none.
async fn next_router(roster: &mut Option<watch::Receiver<Router>>) -> Option<Router> {
    if let Some(open) = roster {
        if open.changed().await.is_ok() {
            return Some(open.borrow_and_update().clone());
        }
        *roster = None;
    }
    std::future::pending().await
}
