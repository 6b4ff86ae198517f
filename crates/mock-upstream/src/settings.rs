//! What the environment says.

use crate::draw::Behaviour;
use crate::mode::{self, BadMode};
use anyhow::Context;
use std::net::{IpAddr, Ipv4Addr, TcpListener};

/// The port when nothing else is said.
const DEFAULT_PORT: u16 = 5001;

/// Everything that can be set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The address.
    pub host: IpAddr,
    /// The port; 0 for any free one.
    pub port: u16,
    /// How it behaves in the beginning.
    pub behaviour: Behaviour,
}

/// Why a variable cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// It holds something else.
    #[error("{name} is {value:?}; it must be {wanted}")]
    Value {
        /// The variable.
        name: &'static str,
        /// What it holds.
        value: String,
        /// What would be right.
        wanted: &'static str,
    },
    /// The modes are not right.
    #[error("API_FAULT_MODE cannot be used")]
    Mode(#[source] BadMode),
}

impl Settings {
    /// Reads them through `variable`.
    ///
    /// # Errors
    /// Names the variable and says what would be right.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let port = parse(&variable, "PORT", "a port, 0 to 65535")?;
        let host = parse(&variable, "HOST", "an IP address such as 127.0.0.1")?;
        let seed = parse(&variable, "API_FAULT_SEED", "a whole number, 0 to 18446744073709551615")?;
        let modes = variable("API_FAULT_MODE").map(|list| mode::of_list(&list)).transpose();
        let default = Behaviour::default();
        Ok(Self {
            host: host.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            port: port.unwrap_or(DEFAULT_PORT),
            behaviour: Behaviour {
                mode: modes.map_err(SettingsError::Mode)?.unwrap_or(default.mode),
                seed: seed.unwrap_or_else(mode::fresh_seed),
                ..default
            },
        })
    }

    /// Takes the port.
    ///
    /// # Errors
    /// When somebody else has it.
    pub fn listener(&self) -> anyhow::Result<TcpListener> {
        let address = (self.host, self.port);
        TcpListener::bind(address).with_context(|| format!("cannot listen on {}:{} (PORT, HOST)", self.host, self.port))
    }
}

fn parse<T: std::str::FromStr>(
    variable: &impl Fn(&str) -> Option<String>,
    name: &'static str,
    wanted: &'static str,
) -> Result<Option<T>, SettingsError> {
    let Some(value) = variable(name) else { return Ok(None) };
    match value.trim().parse() {
        Ok(parsed) => Ok(Some(parsed)),
        Err(_) => Err(SettingsError::Value { name, value, wanted }),
    }
}
