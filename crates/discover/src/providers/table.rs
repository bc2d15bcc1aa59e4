//! The rows: one provider each, TLS on port 993 throughout.
//!
//! Facts from the providers' own help pages and from what mail programs have collected (Thunderbird's ISPDB, Delta Chat's provider
//! database). Narrow exchangers come before wide ones: the first row that fits is taken. A row belongs here when its provider has very
//! many users, or takes mail for very many domains; all others are found by their own autoconfig and SRV records.

use super::Need::{self, AppPassword, Bridge, OAuth, Paid, SwitchOn};
use super::{Provider, User};
use crate::server::Auth;

const PASSWORD: &[Auth] = &[Auth::Password];
const TOKEN: &[Auth] = &[Auth::OAuth2];
const BOTH: &[Auth] = &[Auth::OAuth2, Auth::Password];

type Names = &'static [&'static str];

/// Logs in with a password and the whole address.
const fn row(
    name: &'static str,
    host: &'static str,
    needs: &'static [Need],
    domains: Names,
    exchangers: Names,
) -> Provider {
    Provider { name, host, auth: PASSWORD, needs, user: User::Address, domains, exchangers }
}

/// The same, with other ways to log in.
const fn with(auth: &'static [Auth], provider: Provider) -> Provider {
    Provider { auth, ..provider }
}

/// The same, by what is before the `@`.
const fn by_local(provider: Provider) -> Provider {
    Provider { user: User::Local, ..provider }
}

/// No IMAP for mail programs.
const fn none(name: &'static str, needs: &'static [Need], domains: Names, exchangers: Names) -> Provider {
    with(&[], row(name, "", needs, domains, exchangers))
}

#[rustfmt::skip]
pub(super) static TABLE: &[Provider] = &[
    with(BOTH, row("Gmail", "imap.gmail.com", &[AppPassword], &["gmail.com", "googlemail.com"], &[])),
    with(BOTH, row("Google Workspace", "imap.gmail.com", &[AppPassword], &[], &["google.com", "googlemail.com"])),
    with(TOKEN, row("Outlook.com", "outlook.office365.com", &[OAuth], &[
        "outlook.com", "hotmail.com", "live.com", "msn.com", "passport.com", "outlook.at", "outlook.be", "outlook.cl", "outlook.co.id",
        "outlook.co.il", "outlook.co.th", "outlook.com.ar", "outlook.com.au", "outlook.com.br", "outlook.com.gr", "outlook.com.tr",
        "outlook.com.vn", "outlook.cz", "outlook.de", "outlook.dk", "outlook.es", "outlook.fr", "outlook.hu", "outlook.ie", "outlook.in",
        "outlook.it", "outlook.jp", "outlook.kr", "outlook.lv", "outlook.my", "outlook.ph", "outlook.pt", "outlook.sa", "outlook.sg",
        "outlook.sk", "hotmail.be", "hotmail.ca", "hotmail.cl", "hotmail.co.jp", "hotmail.co.kr", "hotmail.co.nz", "hotmail.co.uk",
        "hotmail.co.za", "hotmail.com.ar", "hotmail.com.au", "hotmail.com.br", "hotmail.com.tr", "hotmail.cz", "hotmail.de", "hotmail.dk",
        "hotmail.es", "hotmail.fi", "hotmail.fr", "hotmail.gr", "hotmail.hu", "hotmail.it", "hotmail.nl", "hotmail.no", "hotmail.ru",
        "hotmail.se", "live.at", "live.be", "live.ca", "live.cl", "live.cn", "live.co.uk", "live.co.za", "live.com.ar", "live.com.au",
        "live.com.mx", "live.com.pt", "live.de", "live.dk", "live.fi", "live.fr", "live.hk", "live.ie", "live.in", "live.it", "live.jp",
        "live.nl", "live.no", "live.ru", "live.se", "windowslive.com",
    ], &["olc.protection.outlook.com"])),
    with(TOKEN, row("Microsoft 365", "outlook.office365.com", &[OAuth], &["onmicrosoft.com", "office365.com"],
        &["mail.protection.outlook.com", "mx.microsoft"])),
    with(TOKEN, row("Microsoft 365 by 21Vianet", "partner.outlook.cn", &[OAuth], &[], &["mail.protection.partner.outlook.cn"])),
    with(BOTH, row("AOL", "imap.aol.com", &[AppPassword],
        &["aol.com", "aim.com", "aol.co.uk", "aol.de", "aol.fr", "love.com", "ygm.com", "games.com", "wow.com", "netscape.net", "verizon.net"],
        &["mx-aol.mail.gm0.yahoodns.net"])),
    row("Yahoo Japan", "imap.mail.yahoo.co.jp", &[SwitchOn], &["yahoo.co.jp", "ymail.ne.jp"], &[]),
    with(BOTH, row("AT&T", "imap.mail.att.net", &[AppPassword], &[
        "att.net", "sbcglobal.net", "bellsouth.net", "ameritech.net", "pacbell.net", "prodigy.net", "swbell.net", "currently.com",
        "flash.net", "nvbell.net", "snet.net", "wans.net",
    ], &[])),
    with(BOTH, row("Yahoo", "imap.mail.yahoo.com", &[AppPassword], &[
        "yahoo.com", "ymail.com", "rocketmail.com", "myyahoo.com", "cox.net", "yahoo.at", "yahoo.be", "yahoo.ca", "yahoo.cl", "yahoo.co.id",
        "yahoo.co.in", "yahoo.co.kr", "yahoo.co.nz", "yahoo.co.th", "yahoo.co.uk", "yahoo.co.za", "yahoo.com.ar", "yahoo.com.au",
        "yahoo.com.br", "yahoo.com.co", "yahoo.com.hk", "yahoo.com.mx", "yahoo.com.my", "yahoo.com.pe", "yahoo.com.ph", "yahoo.com.sg",
        "yahoo.com.tr", "yahoo.com.tw", "yahoo.com.ve", "yahoo.com.vn", "yahoo.cz", "yahoo.de", "yahoo.dk", "yahoo.es", "yahoo.fi",
        "yahoo.fr", "yahoo.gr", "yahoo.hu", "yahoo.ie", "yahoo.in", "yahoo.it", "yahoo.nl", "yahoo.no", "yahoo.pl", "yahoo.pt", "yahoo.ro",
        "yahoo.se",
    ], &["yahoodns.net"])),
    by_local(row("iCloud", "imap.mail.me.com", &[AppPassword], &["icloud.com", "me.com", "mac.com"], &[])),
    row("iCloud with a domain of your own", "imap.mail.me.com", &[AppPassword], &[], &["mail.icloud.com"]),
    row("Fastmail", "imap.fastmail.com", &[AppPassword], &[
        "fastmail.com", "fastmail.fm", "fastmail.de", "fastmail.net", "fastmail.org", "fastmail.co.uk", "fastmail.com.au", "fastmail.cn",
        "fastmail.es", "fastmail.fr", "fastmail.im", "fastmail.in", "fastmail.jp", "fastmail.mx", "fastmail.nl", "fastmail.se",
        "fastmail.to", "fastmail.tw", "fastmail.uk", "fastmail.us", "eml.cc", "imap.cc", "mailbolt.com", "ml1.net", "mm.st",
        "myfastmail.com", "pobox.com", "sent.as", "sent.at", "sent.com", "warpmail.net",
    ], &["messagingengine.com"]),
    row("GMX", "imap.gmx.net", &[SwitchOn],
        &["gmx.de", "gmx.net", "gmx.at", "gmx.ch", "gmx.li", "gmx.eu", "gmx.org", "gmx.info", "gmx.biz"], &["gmx.net"]),
    row("GMX International", "imap.gmx.com", &[SwitchOn],
        &["gmx.com", "gmx.us", "gmx.co.uk", "gmx.co.in", "gmx.es", "gmx.fr", "gmx.it", "gmx.pt", "gmx.se", "gmx.tm", "gmx.ph", "gmx.hk"],
        &["gmx.com"]),
    by_local(row("WEB.DE", "imap.web.de", &[SwitchOn], &["web.de"], &[])),
    row("mail.com", "imap.mail.com", &[Paid, SwitchOn], &[
        "mail.com", "email.com", "usa.com", "consultant.com", "europe.com", "post.com", "myself.com", "engineer.com", "dr.com",
        "linuxmail.org", "techie.com", "writeme.com", "asia.com", "iname.com", "workmail.com", "programmer.net", "journalist.com",
    ], &["mx00.mail.com", "mx01.mail.com"]),
    row("Telekom", "secureimap.t-online.de", &[AppPassword], &["t-online.de", "magenta.de"], &[]),
    row("freenet", "mx.freenet.de", &[SwitchOn], &["freenet.de"], &[]),
    row("Posteo", "posteo.de", &[], &[
        "posteo.de", "posteo.net", "posteo.at", "posteo.be", "posteo.ch", "posteo.co.uk", "posteo.com", "posteo.dk", "posteo.ee",
        "posteo.es", "posteo.eu", "posteo.fi", "posteo.gr", "posteo.hr", "posteo.hu", "posteo.ie", "posteo.is", "posteo.it", "posteo.jp",
        "posteo.li", "posteo.lt", "posteo.lu", "posteo.me", "posteo.nl", "posteo.no", "posteo.org", "posteo.pl", "posteo.pm", "posteo.pt",
        "posteo.ro", "posteo.se", "posteo.si", "posteo.uk", "posteo.us",
    ], &[]),
    row("mailbox.org", "imap.mailbox.org", &[], &["mailbox.org", "secure.mailbox.org"], &["mailbox.org"]),
    row("mail.de", "imap.mail.de", &[], &["mail.de"], &[]),
    row("Vodafone", "imap.vodafonemail.de", &[], &["vodafone.de", "vodafonemail.de"], &[]),
    row("Arcor", "imap.arcor.de", &[], &["arcor.de"], &[]),
    row("IONOS", "imap.ionos.de", &[], &["online.de", "onlinehome.de"], &["kundenserver.de", "schlund.de", "ionos.de"]),
    row("IONOS (Spain)", "imap.ionos.es", &[], &[], &["ionos.es"]),
    row("IONOS (France)", "imap.ionos.fr", &[], &[], &["ionos.fr"]),
    row("IONOS (United Kingdom)", "imap.ionos.co.uk", &[], &[], &["ionos.co.uk"]),
    row("IONOS (United States)", "imap.ionos.com", &[], &[], &["ionos.com", "perfora.net"]),
    row("STRATO", "imap.strato.de", &[], &[], &["rzone.de"]),
    row("Hetzner", "mail.your-server.de", &[], &[], &["your-server.de"]),
    row("Bluewin", "imaps.bluewin.ch", &[], &["bluewin.ch"], &[]),
    row("Infomaniak", "mail.infomaniak.com", &[], &["ik.me", "infomaniak.ch"], &["infomaniak.ch"]),
    row("A1", "securemail.a1.net", &[], &["a1.net", "aon.at"], &[]),
    row("Magenta Austria", "mail.mymagenta.at", &[], &["chello.at"], &[]),
    row("Orange", "imap.orange.fr", &[], &["orange.fr", "wanadoo.fr"], &[]),
    row("OVHcloud", "ssl0.ovh.net", &[], &[], &["mail.ovh.net"]),
    row("Gandi", "mail.gandi.net", &[], &[], &["mail.gandi.net"]),
    row("Libero", "imapmail.libero.it", &[], &["libero.it", "iol.it", "inwind.it", "blu.it", "giallo.it"], &[]),
    row("Tiscali", "imap.tiscali.it", &[], &["tiscali.it"], &[]),
    row("Ziggo", "imap.ziggo.nl", &[], &["ziggo.nl"], &[]),
    row("Seznam", "imap.seznam.cz", &[], &["seznam.cz", "email.cz", "post.cz", "spoluzaci.cz"], &["seznam.cz"]),
    row("WP", "imap.wp.pl", &[SwitchOn], &["wp.pl"], &[]),
    by_local(row("o2.pl", "poczta.o2.pl", &[SwitchOn], &["o2.pl", "tlen.pl", "go2.pl", "prokonto.pl"], &[])),
    row("Onet", "imap.poczta.onet.pl", &[SwitchOn], &["onet.pl", "op.pl", "vp.pl", "poczta.onet.pl", "onet.eu"], &[]),
    row("Interia", "poczta.interia.pl", &[SwitchOn], &["interia.pl", "interia.eu", "poczta.fm"], &[]),
    with(BOTH, row("Mail.ru", "imap.mail.ru", &[AppPassword], &["mail.ru", "inbox.ru", "list.ru", "bk.ru", "internet.ru", "vk.com"], &["mail.ru"])),
    with(BOTH, row("Yandex", "imap.yandex.com", &[SwitchOn, AppPassword],
        &["yandex.ru", "yandex.com", "yandex.by", "yandex.kz", "yandex.ua", "yandex.com.tr", "ya.ru", "narod.ru"],
        &["mx.yandex.ru", "mx.yandex.net"])),
    row("Rambler", "imap.rambler.ru", &[SwitchOn], &["rambler.ru", "autorambler.ru", "myrambler.ru", "lenta.ru", "ro.ru"], &[]),
    row("Ukr.net", "imap.ukr.net", &[SwitchOn, AppPassword], &["ukr.net"], &[]),
    none("i.ua", &[], &["i.ua"], &[]),
    row("QQ Mail", "imap.qq.com", &[SwitchOn, AppPassword], &["qq.com", "vip.qq.com", "foxmail.com"], &[]),
    row("Tencent Exmail", "imap.exmail.qq.com", &[SwitchOn, AppPassword], &[], &["mxbiz1.qq.com", "mxbiz2.qq.com"]),
    row("NetEase 163", "imap.163.com", &[SwitchOn, AppPassword], &["163.com"], &[]),
    row("NetEase 126", "imap.126.com", &[SwitchOn, AppPassword], &["126.com"], &[]),
    row("NetEase yeah.net", "imap.yeah.net", &[SwitchOn, AppPassword], &["yeah.net"], &[]),
    row("Sina", "imap.sina.com", &[SwitchOn, AppPassword], &["sina.com", "sina.cn"], &[]),
    row("Aliyun", "imap.aliyun.com", &[], &["aliyun.com"], &[]),
    row("Naver", "imap.naver.com", &[SwitchOn], &["naver.com"], &[]),
    row("Daum", "imap.daum.net", &[SwitchOn, AppPassword], &["daum.net", "hanmail.net"], &[]),
    row("Zoho", "imap.zoho.com", &[SwitchOn], &["zoho.com", "zohomail.com"], &[]),
    row("Zoho Europe", "imap.zoho.eu", &[SwitchOn], &["zoho.eu", "zohomail.eu"], &[]),
    row("Zoho India", "imap.zoho.in", &[SwitchOn], &["zoho.in", "zohomail.in"], &[]),
    row("Zoho with a domain of your own", "imappro.zoho.com", &[SwitchOn], &[], &["mx.zoho.com", "mx2.zoho.com", "mx3.zoho.com"]),
    row("Zoho Europe with a domain of your own", "imappro.zoho.eu", &[SwitchOn], &[], &["mx.zoho.eu", "mx2.zoho.eu", "mx3.zoho.eu"]),
    row("Zoho India with a domain of your own", "imappro.zoho.in", &[SwitchOn], &[], &["mx.zoho.in", "mx2.zoho.in", "mx3.zoho.in"]),
    with(BOTH, row("Comcast Xfinity", "imap.comcast.net", &[SwitchOn], &["comcast.net", "xfinity.com"], &[])),
    row("Rackspace", "secure.emailsrvr.com", &[], &[], &["emailsrvr.com"]),
    row("GoDaddy Workspace", "imap.secureserver.net", &[], &[], &["secureserver.net"]),
    row("Namecheap Private Email", "mail.privateemail.com", &[], &[], &["privateemail.com"]),
    row("Hostinger", "imap.hostinger.com", &[], &[], &["hostinger.com"]),
    row("Migadu", "imap.migadu.com", &[], &["migadu.com"], &["migadu.com"]),
    row("Purelymail", "imap.purelymail.com", &[], &["purelymail.com"], &["purelymail.com"]),
    row("Runbox", "mail.runbox.com", &[], &["runbox.com"], &["runbox.com"]),
    row("Mailfence", "imap.mailfence.com", &[Paid], &["mailfence.com"], &["mailfence.com"]),
    row("StartMail", "imap.startmail.com", &[AppPassword], &["startmail.com"], &["startmail.com"]),
    row("Mailo", "imap.mailo.com", &[], &["mailo.com", "netcourrier.com"], &[]),
    row("Riseup", "mail.riseup.net", &[], &["riseup.net"], &[]),
    row("Autistici/Inventati", "mail.autistici.org", &[], &["autistici.org", "inventati.org"], &[]),
    by_local(row("Disroot", "disroot.org", &[], &["disroot.org"], &[])),
    row("Murena", "mail.ecloud.global", &[], &["e.email", "murena.io"], &[]),
    none("Proton Mail", &[Paid, Bridge], &["proton.me", "protonmail.com", "protonmail.ch", "pm.me"], &["protonmail.ch"]),
    none("Tuta", &[], &["tuta.com", "tuta.io", "tutanota.com", "tutanota.de", "tutamail.com", "keemail.me"], &["mail.tutanota.de"]),
    none("HEY", &[], &["hey.com"], &[]),
];
