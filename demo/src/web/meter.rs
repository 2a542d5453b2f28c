//! [`Meter`]: how loud the person and the model are, drawn without a word to the page's state.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use wasm_bindgen::{JsCast as _, closure::Closure};
use web_sys::{AnalyserNode, AudioContext, HtmlElement, MediaStream};

/// The element that shows the levels, by the properties `--level` and `--voice`, from 0 to 1.
const SHOWN_ON: &str = "dock";

/// Below this many decibels nothing is shown.
const FLOOR: f32 = -60.0;

/// How loud the person and the model are.
#[derive(Default)]
pub(super) struct Meter {
    running: Option<Rc<Running>>,
}

/// A meter that draws frame after frame until it is stopped.
struct Running {
    context: AudioContext,
    sources: RefCell<Vec<Source>>,
    draw: RefCell<Option<Closure<dyn FnMut()>>>,
    /// The frame that was asked for.
    frame: Cell<Option<i32>>,
}

/// Something that is measured.
struct Source {
    property: &'static str,
    analyser: AnalyserNode,
    shown: f32,
}

impl Meter {
    /// Measures the person.
    pub(super) fn microphone(&mut self, stream: &MediaStream) {
        self.measure("--level", stream);
    }

    /// Measures the model.
    pub(super) fn voice(&mut self, stream: &MediaStream) {
        self.measure("--voice", stream);
    }

    /// Lets go of the sound.
    pub(super) fn stop(&mut self) {
        let Some(running) = self.running.take() else {
            return;
        };
        if let (Some(frame), Some(window)) = (running.frame.take(), web_sys::window()) {
            // A frame that is just being drawn can't be called off, and needn't be.
            let _ = window.cancel_animation_frame(frame);
        }
        running.draw.take();
        if let Some(element) = element() {
            for source in running.sources.take() {
                let _ = element.style().remove_property(source.property);
            }
        }
        let _ = running.context.close();
    }

    /// A page without a meter is still a page: what fails here fails in silence.
    fn measure(&mut self, property: &'static str, stream: &MediaStream) {
        if self.running.is_none() {
            self.running = Running::start();
        }
        if let Some(running) = &self.running
            && let Some(analyser) = running.analyse(stream)
        {
            let mut sources = running.sources.borrow_mut();
            sources.retain(|source| source.property != property);
            sources.push(Source {
                property,
                analyser,
                shown: 0.0,
            });
        }
    }
}

impl Running {
    fn start() -> Option<Rc<Self>> {
        let running = Rc::new(Self {
            context: AudioContext::new().ok()?,
            sources: RefCell::default(),
            draw: RefCell::default(),
            frame: Cell::default(),
        });
        // A context that was made long after the last touch may sleep.
        let _ = running.context.resume();
        let drawing = Rc::downgrade(&running);
        let draw = Closure::new(move || {
            if let Some(running) = drawing.upgrade() {
                running.draw();
            }
        });
        running.draw.replace(Some(draw));
        running.ask();
        Some(running)
    }

    fn analyse(&self, stream: &MediaStream) -> Option<AnalyserNode> {
        let analyser = self.context.create_analyser().ok()?;
        analyser.set_fft_size(512);
        let source = self.context.create_media_stream_source(stream).ok()?;
        source.connect_with_audio_node(&analyser).ok()?;
        Some(analyser)
    }

    fn ask(&self) {
        if let (Some(draw), Some(window)) = (&*self.draw.borrow(), web_sys::window()) {
            let frame = window.request_animation_frame(draw.as_ref().unchecked_ref());
            self.frame.set(frame.ok());
        }
    }

    fn draw(&self) {
        if let Some(element) = element() {
            for source in self.sources.borrow_mut().iter_mut() {
                let level = source.level();
                let _ = element
                    .style()
                    .set_property(source.property, &format!("{level:.3}"));
            }
        }
        self.ask();
    }
}

impl Source {
    /// Measures: up at once, down slowly, as meters do.
    fn level(&mut self) -> f32 {
        let mut samples = [0.0_f32; 512];
        self.analyser.get_float_time_domain_data(&mut samples);
        let power: f32 = samples.iter().map(|it| it * it).sum::<f32>() / 512.0;
        let decibels = 10.0 * power.max(1e-12).log10();
        let level = ((decibels - FLOOR) / -FLOOR).clamp(0.0, 1.0);
        self.shown = level.max(self.shown * 0.88);
        self.shown
    }
}

fn element() -> Option<HtmlElement> {
    let document = web_sys::window()?.document()?;
    document.get_element_by_id(SHOWN_ON)?.dyn_into().ok()
}
