//! Mail to Debian's exim, in the foreground on a port of its own, with a configuration and a spool that end with the test. It keeps what it
//! takes in its spool and sends nothing on. Out of step commands are refused by it, as most servers of the world do.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use daftar_core::locale::Locale;
use daftar_core::outbox::Settlement;
use daftar_delivery::SmtpSettings;
use tempfile::TempDir;

use super::{Certificates, FROM, INSTALL, transport};
use crate::house::{CODE, House};

const EXIM: &str = "/usr/sbin/exim4";
/// Runs exim until standard input ends, which it does with the test, and clears up.
const RUN: &str = r#"exec 3<&0; "$@" & exim=$!; { cat <&3; kill $exim; } >/dev/null 2>&1 & wait $exim; rm -rf spool/* log/*"#;
/// Every mail in the spool: envelope and headers, then the body, then a NUL.
const MAILS: &str = r#"for head in spool/input/*-H; do [ -e "$head" ] && cat "$head" "${head%-H}-D" && printf '\0'; done; true"#;
const SECOND: Duration = Duration::from_secs(1);

/// An exim that runs.
struct Exim {
    program: Child,
    dir: TempDir,
    port: u16,
}

/// What is special about one.
#[derive(Default)]
struct Wishes<'a> {
    /// Speaks TLS, and asks for the password of `daftar` over it.
    certificates: Option<&'a Certificates>,
    greylists: bool,
}

impl Exim {
    fn start(wishes: &Wishes<'_>) -> Self {
        assert!(Path::new(EXIM).exists(), "{EXIM} is not there; {INSTALL}");
        let dir = tempfile::Builder::new().prefix("daftar-exim-").tempdir().unwrap();
        let opened = |name: &str, mode| std::fs::set_permissions(dir.path().join(name), std::fs::Permissions::from_mode(mode)).unwrap();
        opened("", 0o755);
        for folder in ["spool", "log"] {
            std::fs::create_dir(dir.path().join(folder)).unwrap();
            // Exim's own user writes there.
            opened(folder, 0o777);
        }
        // Should another program take the port meanwhile, exim ends, and the test says so.
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        if let Some(certificates) = wishes.certificates {
            for (name, file) in [("certificate.pem", certificates.certificate()), ("key.pem", certificates.key())] {
                std::fs::copy(file, dir.path().join(name)).unwrap();
                opened(name, 0o644);
            }
        }
        let file = dir.path().join("exim.conf");
        std::fs::write(&file, configuration(dir.path(), port, wishes)).unwrap();
        // With the little debugging output that says on standard error when it listens.
        let mut command = as_exim(RUN);
        command.args([EXIM, "-C"]).arg(&file).args(["-bdf", "-d-all+lookup"]).current_dir(dir.path());
        let mut program = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(program.stderr.take().unwrap()).lines();
        let listens = said.by_ref().map_while(Result::ok).any(|line| line.contains("listening for SMTP"));
        let exim = Self { program, dir, port };
        assert!(listens, "exim has ended: {}", exim.log());
        // Read on, so that it is never kept from writing.
        std::thread::spawn(move || said.map_while(Result::ok).for_each(drop));
        exim
    }

    fn url(&self, login: &str, query: &str) -> String {
        format!("smtp://{login}127.0.0.1:{}{query}", self.port)
    }

    fn read(&self, script: &str) -> String {
        let output = as_exim(script).current_dir(self.dir.path()).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn log(&self) -> String {
        self.read("cat log/mainlog log/paniclog")
    }

    /// The mails in its spool.
    fn mails(&self) -> Vec<String> {
        self.read(MAILS).split_terminator('\0').map(str::to_owned).collect()
    }
}

impl Drop for Exim {
    fn drop(&mut self) {
        // It closes standard input first, which ends exim.
        let _ = self.program.wait();
    }
}

/// A shell that runs `script` as exim's own user, who alone may start it with a configuration of one's own and read what it writes.
fn as_exim(script: &str) -> Command {
    let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    let mut command = if is_root {
        let users = std::fs::read_to_string("/etc/passwd").unwrap();
        let line = users.lines().find(|line| line.starts_with("Debian-exim:")).unwrap_or_else(|| panic!("there is no user Debian-exim; {INSTALL}"));
        let ids: Vec<u32> = line.split(':').skip(2).take(2).map(|id| id.parse().unwrap()).collect();
        let mut command = Command::new("sh");
        command.uid(ids[0]).gid(ids[1]);
        command
    } else {
        let mut command = Command::new("sudo");
        command.args(["--non-interactive", "--user", "Debian-exim", "sh"]);
        command
    };
    command.args(["-c", script, "sh"]);
    command
}

fn configuration(dir: &Path, port: u16, wishes: &Wishes<'_>) -> String {
    let dir = dir.display();
    let greylist = if wishes.greylists {
        // The folder can be made once: the first try.
        format!(
            "  defer message = 4.7.1 <$local_part@$domain> is greylisted\n        condition = ${{run{{/bin/mkdir {dir}/spool/seen}}{{true}}{{false}}}}\n"
        )
    } else {
        String::new()
    };
    let tls = if wishes.certificates.is_some() {
        format!("tls_advertise_hosts = *\ntls_certificate = {dir}/certificate.pem\ntls_privatekey = {dir}/key.pem\n")
    } else {
        "tls_advertise_hosts =\n".to_owned()
    };
    let password = if wishes.certificates.is_some() { "  deny message = 5.7.1 a password, please\n       !authenticated = *\n" } else { "" };
    format!(
        "primary_hostname = mail.example.test\n\
         spool_directory = {dir}/spool\n\
         log_file_path = {dir}/log/%slog\n\
         pid_file_path = {dir}/spool/pid\n\
         local_interfaces = 127.0.0.1\n\
         daemon_smtp_ports = {port}\n\
         keep_environment =\n\
         host_lookup =\n\
         rfc1413_hosts =\n\
         queue_only = true\n\
         accept_8bitmime = false\n\
         smtputf8_advertise_hosts =\n\
         smtp_enforce_sync = true\n\
         {tls}\
         auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}\n\
         acl_smtp_rcpt = recipient\n\
         begin acl\n\
         recipient:\n{password}{greylist}  accept\n\
         begin routers\n\
         all:\n  driver = accept\n  transport = nowhere\n\
         begin transports\n\
         nowhere:\n  driver = appendfile\n  file = /dev/null\n\
         begin authenticators\n\
         plain:\n  driver = plaintext\n  public_name = PLAIN\n  server_condition = ${{if and{{{{eq{{$auth2}}{{daftar}}}}{{eq{{$auth3}}{{p:ss w@rd}}}}}}}}\n"
    )
}

#[tokio::test]
async fn exim_takes_mails_over_one_connection_in_step() {
    let (house, exim) = (House::new(), Exim::start(&Wishes::default()));
    let worker = house.spawn_with_mail(&exim.url("", "?tls=none"));
    for (name, locale) in [("one", Locale::English), ("two", Locale::TraditionalChinese)] {
        let id = house.queue_in(&format!("{name}@example.test"), locale);
        assert_eq!(house.done(id).await.history, [Settlement::Sent], "{}", exim.log());
        let mails = exim.mails();
        let mail = mails.iter().find(|mail| mail.contains(&format!("<{}@accounts.example.test>", id.0))).unwrap();
        assert!(mail.contains(&format!("\n{name}@example.test\n")) && mail.contains("Auto-Submitted: auto-generated"), "{mail}");
        assert!(locale != Locale::English || mail.contains(CODE), "{mail}");
    }
    worker.stop().await;
    assert_eq!(exim.mails().len(), 2, "{}", exim.log());
    assert!(!exim.log().contains("synchronization error"), "{}", exim.log());
}

#[tokio::test]
async fn exim_takes_a_mail_with_password_over_starttls() {
    let (house, certificates) = (House::new(), Certificates::make());
    let exim = Exim::start(&Wishes { certificates: Some(&certificates), ..Wishes::default() });
    let settings = SmtpSettings::new(exim.url("daftar:p%3Ass%20w%40rd@", ""), FROM);
    let worker = house.spawn_mail(transport(&house, &certificates.trusted_by(settings)));
    let id = house.queue("siti@example.test");
    assert_eq!(house.done(id).await.history, [Settlement::Sent], "{}", exim.log());
    worker.stop().await;
    let log = exim.log();
    assert!(log.contains("P=esmtpsa") && log.contains("A=plain") && log.contains("X=TLS1."), "{log}");
    assert_eq!(exim.mails().len(), 1);
}

#[tokio::test]
async fn a_wrong_password_at_exim_loses_no_mail() {
    let (house, certificates) = (House::new(), Certificates::make());
    let exim = Exim::start(&Wishes { certificates: Some(&certificates), ..Wishes::default() });
    let with = |password: &str| certificates.trusted_by(SmtpSettings::new(exim.url(&format!("daftar:{password}@"), ""), FROM));
    let worker = house.spawn_mail(transport(&house, &with("wrong")));
    let id = house.queue("siti@example.test");
    assert_eq!(house.put_off(id, 1).await, "no connection to the mail server: the mail server answered 535");
    worker.stop().await;
    house.clock.advance(SECOND);
    let worker = house.spawn_mail(transport(&house, &with("p%3Ass%20w%40rd")));
    assert_eq!(house.done(id).await.history.last(), Some(&Settlement::Sent));
    worker.stop().await;
    assert_eq!(exim.mails().len(), 1);
}

#[tokio::test]
async fn row_45_a_mail_that_exim_greylists_arrives_once() {
    let (house, exim) = (House::new(), Exim::start(&Wishes { greylists: true, ..Wishes::default() }));
    let worker = house.spawn_with_mail(&exim.url("", "?tls=none"));
    let id = house.queue("siti@example.test");
    assert_eq!(house.put_off(id, 1).await, "the mail server answered 451 4.7.1", "{}", exim.log());
    assert!(exim.mails().is_empty());
    house.clock.advance(SECOND);
    let row = house.done(id).await;
    assert_eq!((row.history.last(), row.attempts), (Some(&Settlement::Sent), 2));
    worker.stop().await;
    assert_eq!(exim.mails().len(), 1, "{}", exim.log());
}
