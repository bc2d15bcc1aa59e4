//! ID: who are you, this is who I am. RFC 2971.
//!
//! Some providers refuse everything until they have seen it (163.com); some answer BAD although they offer it (mail.de): a refusal means
//! nothing. An empty list or NIL is never sent: GMX and Exchange each reject one of them (C50).

use alloc::string::String;
use alloc::vec::Vec;

use imapkit_types::{Capability, ServerId};
use imapkit_wire::{Encoder, Untagged};

use crate::command::{Claims, Command, Completion, Gather, Needs, Offer, Rules};
use crate::error::Error;

/// Says who we are, asks who the server is.
#[derive(Clone, Debug)]
pub struct Id {
    fields: Vec<(String, String)>,
}

/// Takes the answer.
#[derive(Debug, Default)]
pub struct IdGather {
    answer: Option<ServerId>,
}

impl Id {
    /// Sends these fields (`name`, `version`, …); without any, the name of this library.
    pub fn new(mut fields: Vec<(String, String)>) -> Self {
        if fields.is_empty() {
            fields.push((String::from("name"), String::from("imapkit")));
        }
        Self { fields }
    }
}

impl Command for Id {
    type Output = Option<ServerId>;
    type Gather = IdGather;

    fn name(&self) -> &'static str {
        "ID"
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb("ID").sp().open();
        for (n, (field, value)) in self.fields.iter().enumerate() {
            if n > 0 {
                out.sp();
            }
            out.string(field.as_bytes()).sp().string(value.as_bytes());
        }
        out.close();
    }

    fn rules(&self) -> Rules {
        Rules { state: Needs::Any, capabilities: alloc::vec![Capability::Id], claims: Claims::ID, ..Rules::default() }
    }

    fn gather(self) -> IdGather {
        IdGather::default()
    }
}

impl Gather for IdGather {
    type Output = Option<ServerId>;

    fn offer(&mut self, response: Untagged) -> Offer {
        match response {
            Untagged::Id(answer) => {
                self.answer = answer;
                Offer::Taken
            }
            other => Offer::NotMine(other),
        }
    }

    fn finish(self, _: Completion) -> Result<Self::Output, Error> {
        Ok(self.answer)
    }
}

#[cfg(test)]
mod tests {
    use super::super::encoded;
    use super::*;
    use imapkit_wire::Mode;

    #[test]
    fn c50_never_an_empty_list() {
        assert_eq!(encoded(&Id::new(Vec::new()), Mode::default()).unwrap(), "A1 ID (\"name\" \"imapkit\")\r\n");
    }

    #[test]
    fn t072_a_value_cannot_smuggle() {
        let id = Id::new(alloc::vec![("name".into(), "x\r\nA9 LOGOUT".into())]);
        let sent = encoded(&id, Mode::default()).unwrap();
        assert_eq!(sent, "A1 ID (\"name\" {12}\r\nx\r\nA9 LOGOUT)\r\n", "a line break only ever stands in a literal");
    }
}
