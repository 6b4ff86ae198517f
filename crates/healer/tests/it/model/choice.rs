//! Choices of a run, and running through all of them.

/// The choices of one run: as the script says, and the first possibility (all goes well) beyond its end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Choices {
    script: Vec<usize>,
    /// What was chosen, out of how many, and for what.
    pub(crate) taken: Vec<(usize, usize, &'static str)>,
}

impl Choices {
    pub(crate) fn scripted(script: Vec<usize>) -> Self {
        Self { script, taken: Vec::new() }
    }

    /// One of `n` possibilities.
    pub(crate) fn choose(&mut self, n: usize, what: &'static str) -> usize {
        let chosen = self.script.get(self.taken.len()).copied().unwrap_or(0) % n;
        self.taken.push((chosen, n, what));
        chosen
    }
}

/// Runs every run in which at most `mishaps` choices are not the first one. Answers how many runs there were.
pub(crate) fn every_run(mishaps: usize, run: &mut impl FnMut(&mut Choices)) -> usize {
    from(Vec::new(), mishaps, run)
}

fn from(script: Vec<usize>, mishaps: usize, run: &mut impl FnMut(&mut Choices)) -> usize {
    let fixed = script.len();
    let mut choices = Choices::scripted(script);
    run(&mut choices);
    let mut runs = 1;
    if mishaps == 0 {
        return runs;
    }
    for place in fixed..choices.taken.len() {
        let before: Vec<usize> = choices.taken[..place].iter().map(|(chosen, ..)| *chosen).collect();
        for other in 1..choices.taken[place].1 {
            let mut script = before.clone();
            script.push(other);
            runs += from(script, mishaps - 1, run);
        }
    }
    runs
}
