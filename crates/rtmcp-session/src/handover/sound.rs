//! [`Sound`]: what a new connection would have to hear again.
//!
//! Speech is safe once its words are known, or once it was answered: then the history has it. Until
//! then its sound is kept, and goes over the new connection as it went over the old one, so that it
//! becomes a turn there.

use std::{collections::VecDeque, time::Duration};

use rtmcp_core::{AudioFormat, ItemId, Private, decoded_len};

use crate::Command;

/// Kept while nobody is known to speak: turn detection tells of speech after it has begun.
const LEAD_IN: Duration = Duration::from_secs(1);

/// The person's sound, by its place in what was sent over a connection, in bytes of its format.
#[derive(Debug)]
pub(crate) struct Sound {
    format: AudioFormat,
    /// How much base64 is kept.
    limit: usize,
    kept: VecDeque<Piece>,
    kept_base64: usize,
    /// Where what was sent ends.
    end: u64,
    /// Where what is safe ends.
    safe: u64,
    /// Where what was let go ends.
    gone: u64,
    /// Where what was heard over another connection ends, and a response had begun after there.
    heard_before: u64,
    turns: VecDeque<Spoken>,
    /// The speech that is no item yet.
    speech: Option<Spoken>,
    /// There is speech among it, of which the endpoint hasn't said anything yet.
    is_expected: bool,
}

#[derive(Debug)]
struct Piece {
    begin: u64,
    what: What,
}

#[derive(Debug)]
enum What {
    Sound(Private<String>),
    /// The person's turn was ended by hand here.
    Commit,
}

/// A turn of the person.
#[derive(Debug, Default)]
struct Spoken {
    item_id: ItemId,
    begin: u64,
    end: Option<u64>,
    /// A response that began after it is being written.
    answering: bool,
    /// A response began after it, whatever came of that.
    is_followed: bool,
    is_safe: bool,
}

/// What goes over the new connection, and what can't.
#[derive(Debug, Default)]
pub(crate) struct Again {
    pub(crate) commands: VecDeque<Command>,
    /// The items that it becomes anew.
    pub(crate) items: Vec<ItemId>,
    /// Sound that is lost, of these items or of none.
    pub(crate) lost: Duration,
    /// Speech that was to become this item, and of which no sound was ours.
    pub(crate) unheard: Option<ItemId>,
}

impl Sound {
    /// Keeps up to `limit` bytes of base64.
    pub(crate) fn new(format: Option<AudioFormat>, limit: usize) -> Self {
        Self {
            format: format.unwrap_or(AudioFormat::PCM_24K),
            limit,
            kept: VecDeque::new(),
            kept_base64: 0,
            end: 0,
            safe: 0,
            gone: 0,
            heard_before: 0,
            turns: VecDeque::new(),
            speech: None,
            is_expected: false,
        }
    }

    /// Speech goes over the connection first: it is one that takes over.
    pub(crate) fn expect(&mut self) {
        self.is_expected = true;
    }

    /// The endpoint heard no speech.
    pub(crate) fn heard_none(&mut self) {
        self.is_expected = false;
        self.let_go();
    }

    /// Sets the format that the endpoint hears.
    pub(crate) fn set_format(&mut self, format: AudioFormat) {
        self.format = format;
    }

    /// Returns how long so much base64 sounds.
    pub(crate) fn span_of(&self, base64: u64) -> Duration {
        self.format.duration_of(base64 / 4 * 3)
    }

    /// Sound was sent. `by_hand` says that turns end by hand, so that all of it may be speech.
    pub(crate) fn sent(&mut self, audio: &Private<String>, by_hand: bool) {
        let begin = self.end;
        self.end += decoded_len(audio.expose());
        self.kept_base64 += audio.expose().len();
        let what = What::Sound(audio.clone());
        self.kept.push_back(Piece { begin, what });
        if by_hand {
            self.speech.get_or_insert_with(|| Spoken::from(begin));
        }
        self.let_go();
    }

    /// A turn was ended by hand.
    pub(crate) fn ended_by_hand(&mut self) {
        let (begin, what) = (self.end, What::Commit);
        self.kept.push_back(Piece { begin, what });
    }

    /// The endpoint found no turn where one was ended by hand.
    pub(crate) fn end_refused(&mut self) {
        if let Some(at) = self.next_mark() {
            self.kept.remove(at);
        }
    }

    /// What isn't an item yet was dropped.
    pub(crate) fn cleared(&mut self) {
        (self.speech, self.is_expected) = (None, false);
        let end = self.turns.back().and_then(|turn| turn.end);
        let end = end.unwrap_or(self.safe);
        while let Some(last) = self.kept.pop_back_if(|piece| piece.begin >= end) {
            self.kept_base64 -= last.base64();
        }
        self.safe = self.end;
    }

    /// The person began to speak, so much after the connection's first sound. Returns whether that
    /// is news: what is heard again began before the answer that may sound now.
    pub(crate) fn began(&mut self, item_id: &ItemId, at_ms: u64) -> bool {
        let lead_in = self.end.saturating_sub(self.bytes(LEAD_IN));
        let told = self.bytes(Duration::from_millis(at_ms));
        // Where it isn't told, it may be the beginning of all.
        let is_told = at_ms > 0 || self.gone == 0;
        let begin = if is_told { told } else { lead_in };
        self.is_expected = false;
        let begin = begin.min(self.end).max(self.safe);
        let speech = self.speech.get_or_insert_with(|| Spoken::from(begin));
        speech.item_id = item_id.clone();
        begin >= self.heard_before
    }

    /// The person stopped.
    pub(crate) fn stopped(&mut self, at_ms: u64) {
        let told = self.bytes(Duration::from_millis(at_ms));
        let end = if at_ms == 0 { self.end } else { told };
        if let Some(speech) = &mut self.speech {
            speech.end = Some(end.min(self.end).max(speech.begin));
        }
    }

    /// The sound became an item.
    pub(crate) fn committed(&mut self, item_id: &ItemId) {
        self.is_expected = false;
        if self.turns.iter().any(|turn| turn.item_id == *item_id) {
            return;
        }
        let mark = self.next_mark().map(|at| self.kept[at].begin);
        let last = self.turns.back().and_then(|turn| turn.end);
        let last = last.unwrap_or(self.safe);
        let mut turn = self.speech.take().unwrap_or_else(|| Spoken::from(last));
        let end = turn.end.or(mark).unwrap_or(self.end);
        if mark.is_some_and(|mark| mark < self.end) {
            // More was said since.
            self.speech = Some(Spoken::from(end));
        }
        turn.item_id = item_id.clone();
        turn.end = Some(end);
        self.turns.push_back(turn);
    }

    /// The words of an item are known.
    pub(crate) fn worded(&mut self, item_id: &ItemId) {
        let turn = self.turns.iter_mut().find(|turn| turn.item_id == *item_id);
        if let Some(turn) = turn {
            turn.is_safe = true;
            self.let_go();
        }
    }

    /// A response began.
    pub(crate) fn answering(&mut self) {
        for turn in &mut self.turns {
            (turn.answering, turn.is_followed) = (true, true);
        }
    }

    /// The response that began last is over.
    pub(crate) fn answered(&mut self, well: bool) {
        for turn in &mut self.turns {
            turn.is_safe |= well && turn.answering;
            turn.answering = false;
        }
        self.let_go();
    }

    /// The connection is gone. What is left goes over the next one, and counts as new there.
    pub(crate) fn again(&mut self) -> Again {
        let fresh = Self::new(Some(self.format.clone()), self.limit);
        let sound = std::mem::replace(self, fresh);
        let mut again = Again::default();
        let mut lost = 0;
        for turn in sound.turns.iter().filter(|turn| !turn.is_safe) {
            let end = turn.end.unwrap_or(sound.end);
            // What isn't kept at all is told of its item.
            if end > turn.begin.max(sound.gone) {
                again.items.push(turn.item_id.clone());
                lost += sound.gone.saturating_sub(turn.begin);
            }
        }
        if let Some(speech) = &sound.speech {
            let end = speech.end.unwrap_or(sound.end);
            lost += sound.gone.min(end).saturating_sub(speech.begin);
            let ours = end > speech.begin;
            again.unheard = Some(speech.item_id.clone()).filter(|id| !ours && !id.is_empty());
        }
        if sound.is_expected {
            lost += sound.gone;
        }
        again.lost = sound.format.duration_of(lost);
        again.commands = sound.unsaved().map(Piece::command).collect();
        self.heard_before = sound.heard_again();
        again
    }

    /// Returns what isn't safe.
    fn unsaved(&self) -> impl Iterator<Item = &Piece> {
        let safe = || self.turns.iter().filter(|turn| turn.is_safe);
        let is_safe = move |piece: &Piece| safe().any(|turn| turn.has(piece));
        self.kept.iter().filter(move |piece| !is_safe(piece))
    }

    /// Returns where, in what goes over the next connection, that ends which a response followed.
    fn heard_again(&self) -> u64 {
        let followed = self.turns.iter().filter(|turn| turn.is_followed);
        let ends = followed.filter_map(|turn| turn.end);
        let end = ends.fold(self.heard_before, u64::max);
        let heard = self.unsaved().filter(|piece| piece.begin < end);
        // Of what this connection was to hear again, it may not have been sent all.
        heard.map(Piece::bytes).sum::<u64>() + end.saturating_sub(self.end)
    }

    /// Tells whether speech is among what would go over a new connection.
    pub(crate) fn speaks(&self) -> bool {
        let ours = |it: &Spoken| !it.is_safe && it.end.unwrap_or(self.end) > it.begin;
        self.is_expected || self.turns.iter().chain(&self.speech).any(ours)
    }

    /// Lets go what is safe, and the oldest of what is too much.
    fn let_go(&mut self) {
        while let Some(turn) = self.turns.pop_front_if(|turn| turn.is_safe) {
            self.safe = self.safe.max(turn.end.unwrap_or(0));
        }
        let mut needed = self.turns.iter().chain(&self.speech);
        let lead_in = self.end.saturating_sub(self.bytes(LEAD_IN));
        let needed = match needed.next() {
            _ if self.is_expected => 0,
            Some(turn) => turn.begin.max(self.safe),
            None => lead_in.max(self.safe),
        };
        while let Some(first) = self.kept.front() {
            let end = self.kept.get(1).map_or(self.end, |piece| piece.begin);
            let is_needed = end > needed;
            if is_needed && self.kept_base64 <= self.limit {
                return;
            }
            self.kept_base64 -= first.base64();
            self.gone = end;
            self.kept.pop_front();
        }
    }

    /// Finds where the turn was ended by hand that is the next to become an item.
    fn next_mark(&self) -> Option<usize> {
        let last = self.turns.back().and_then(|turn| turn.end);
        let last = last.unwrap_or(self.safe);
        let is_next = |piece: &Piece| matches!(piece.what, What::Commit) && piece.begin > last;
        self.kept.iter().position(is_next)
    }

    fn bytes(&self, span: Duration) -> u64 {
        let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        millis.saturating_mul(self.format.bytes_per_second()) / 1000
    }
}

impl Spoken {
    fn from(begin: u64) -> Self {
        Self {
            begin,
            ..Self::default()
        }
    }

    fn has(&self, piece: &Piece) -> bool {
        let is_mark = matches!(piece.what, What::Commit) && self.end == Some(piece.begin);
        let end = self.end.unwrap_or(u64::MAX);
        is_mark || (self.begin..end).contains(&piece.begin)
    }
}

impl Piece {
    fn command(&self) -> Command {
        match &self.what {
            What::Sound(audio) => Command::Audio(audio.clone()),
            What::Commit => Command::CommitAudio,
        }
    }

    fn bytes(&self) -> u64 {
        match &self.what {
            What::Sound(audio) => decoded_len(audio.expose()),
            What::Commit => 0,
        }
    }

    fn base64(&self) -> usize {
        match &self.what {
            What::Sound(audio) => audio.expose().len(),
            What::Commit => 0,
        }
    }
}
