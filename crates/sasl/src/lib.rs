//! SASL mechanisms and their choice for imapkit
