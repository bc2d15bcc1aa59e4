//! A way to a port that takes so many milliseconds there and back, until standard input ends: `distance PORT MILLISECONDS…`, which prints
//! one port for each.

use std::io::Read as _;
use std::time::Duration;

use imapkit_testkit::distance::Distance;

#[allow(clippy::print_stdout, reason = "what it is for")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let server = arguments.next().ok_or("which port?")?.parse()?;
    let ways: Vec<Distance> = arguments
        .map(|time| Ok(Distance::to(server, Duration::from_millis(time.parse()?))?))
        .collect::<Result<_, Box<dyn std::error::Error>>>()?;
    for way in &ways {
        println!("{}", way.port());
    }
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
