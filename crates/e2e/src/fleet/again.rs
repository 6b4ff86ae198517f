//! A fleet whose services end and start again, with what they kept.

use super::Fleet;
use kintsugi::stack::Stack;
use std::collections::BTreeMap;

impl Fleet {
    /// The same fleet after all its services ended and started again, with more environment.
    ///
    /// # Panics
    /// When it does not come up again.
    pub async fn again(mut self, env: &BTreeMap<String, String>) -> Self {
        self.stack.end();
        self.options.overrides.values_mut().for_each(|own| own.extend(env.clone()));
        self.stack =
            Stack::start(self.options.clone(), &mut |line| println!("{line}")).await.expect("the stack comes up again");
        self.until_live_is_head().await;
        self
    }
}
