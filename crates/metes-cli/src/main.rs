//! The standalone program `metes`; all it does is in the library.

fn main() -> std::process::ExitCode {
    let code = metes_cli::main_from(std::env::args_os());
    std::process::ExitCode::from(u8::try_from(code).unwrap_or(1))
}
