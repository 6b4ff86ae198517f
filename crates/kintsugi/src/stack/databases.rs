//! Databases and roles of the local stack: the platform and each target apart, each service with a role, a schema and a
//! connection limit of its own.

use super::layout::{Layout, write_private};
use substrate::{Postgres, SubstrateError, secret};
use wire::Service;

/// The services that own tables.
pub(super) const OWNERS: [Service; 4] =
    [Service::IncidentStore, Service::RagGateway, Service::Deployer, Service::Notifier];
/// Connections of a role.
const CONNECTIONS: u32 = 16;

/// Makes the platform's database with a role and a schema a service, and writes each one's URL into its secret file.
///
/// # Errors
/// When PostgreSQL refuses or a file cannot be written.
pub fn of_platform(postgres: &Postgres, layout: &Layout) -> anyhow::Result<()> {
    make_database(postgres, "kintsugi")?;
    for service in OWNERS {
        let role = service.as_str().replace('-', "_");
        let password = secret();
        make_role(postgres, &role, Some(&password))?;
        postgres.sql(
            "kintsugi",
            &format!(
                "CREATE SCHEMA IF NOT EXISTS {role} AUTHORIZATION {role};
                 REVOKE ALL ON SCHEMA public FROM PUBLIC;
                 ALTER ROLE {role} SET search_path = {role};
                 ALTER ROLE {role} SET statement_timeout = '10s';
                 ALTER ROLE {role} SET lock_timeout = '5s';
                 ALTER ROLE {role} SET idle_in_transaction_session_timeout = '30s';
                 ALTER ROLE {role} SET lc_messages = 'C';"
            ),
        )?;
        write_private(&layout.secret(&format!("{service}-database-url")), &postgres.url(&role, &password, "kintsugi"))?;
    }
    Ok(())
}

/// Makes a target's database and its scratch twin, whose completed statements PostgreSQL logs: they are the witness.
/// Answers the scratch URL as it is inside the sandbox; the live URL goes into a secret file.
///
/// # Errors
/// When PostgreSQL refuses or a file cannot be written.
pub fn of_target(postgres: &Postgres, layout: &Layout, name: &str, secret_file: &str) -> anyhow::Result<String> {
    let scratch = format!("{name}_scratch");
    let password = secret();
    make_role(postgres, name, Some(&password))?;
    make_role(postgres, "scratch", None)?;
    // Only the private server lets a candidate in without a password.
    let scratch_password = postgres.pid().is_none().then(secret);
    make_role(postgres, &scratch, scratch_password.as_deref())?;
    postgres.sql("postgres", &format!("GRANT scratch TO {scratch}"))?;
    for database in [name, &scratch] {
        make_database(postgres, database)?;
        postgres.sql(
            "postgres",
            &format!(
                "ALTER DATABASE {database} OWNER TO {database};
                 ALTER DATABASE {database} SET log_min_duration_statement = 0;
                 REVOKE CONNECT ON DATABASE {database} FROM PUBLIC;"
            ),
        )?;
    }
    write_private(&layout.secret(secret_file), &postgres.url(name, &password, name))?;
    let password = scratch_password.map_or_else(String::new, |password| format!("&password={password}"));
    Ok(format!("postgresql:///{scratch}?host=/run/postgresql&port={}&user={scratch}{password}", postgres.port))
}

fn make_database(postgres: &Postgres, name: &str) -> Result<(), SubstrateError> {
    let known = postgres.sql("postgres", &format!("SELECT 1 FROM pg_database WHERE datname = '{name}'"))?;
    if known.is_empty() {
        postgres.sql("postgres", &format!("CREATE DATABASE {name}"))?;
    }
    Ok(())
}

fn make_role(postgres: &Postgres, name: &str, password: Option<&str>) -> Result<(), SubstrateError> {
    let known = postgres.sql("postgres", &format!("SELECT 1 FROM pg_roles WHERE rolname = '{name}'"))?;
    if known.is_empty() {
        postgres.sql("postgres", &format!("CREATE ROLE {name} LOGIN CONNECTION LIMIT {CONNECTIONS}"))?;
    }
    if let Some(password) = password {
        postgres.sql("postgres", &format!("ALTER ROLE {name} PASSWORD '{password}'"))?;
    }
    Ok(())
}
