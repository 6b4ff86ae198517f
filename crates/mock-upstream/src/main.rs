//! The process.

use chassis::Stop;

#[actix_web::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().json().flatten_event(true).init();
    let settings = mock_upstream::Settings::read(chassis::settings::variable)?;
    mock_upstream::serve(settings.listener()?, settings.behaviour, Stop::on_signal()?).await
}
