// TYPE, MODE, STRU, REST, ALLO, OPTS: how data is represented and sent. RFC 959 section 3 defines
// many ways; RFC 1123 section 4.1.2 says which of them a server must have.

#include <string>

#include "common/ftp/command_line.hpp"
#include "common/text.hpp"
#include "servers/ftp/handlers.hpp"

namespace portlab::ftp::server {

namespace {

/// The reply to MODE and STRU: 200 for the one implemented letter, 504 for the other letters of the
/// RFC, 501 for anything else.
Reply one_letter(std::string_view argument, char implemented, std::string_view others,
                 std::string_view what) {
  const std::string code = upper_case(argument);
  if (code.size() != 1 || (code[0] != implemented && others.find(code[0]) == std::string::npos))
    return {501, std::string(what) + " must be " + implemented + "."};
  if (code[0] == implemented) return {200, std::string(what) + " is " + implemented + "."};
  return {504, std::string(what) + " " + code + " is not implemented, only " + implemented + "."};
}

}  // namespace

Reply type(FtpSession& session, std::string_view argument) {
  const std::string code = upper_case(argument);
  if (code == "A" || code == "A N") {
    session.as_text = true;
    return {200, "Type is A: text, each line ends with CRLF."};
  }
  if (code == "I" || code == "L 8") {
    session.as_text = false;
    return {200, "Type is I: bytes, unchanged."};
  }
  // EBCDIC, the print formats T and C, and byte sizes other than 8.
  if (code == "A T" || code == "A C" || code == "E" || code.starts_with("E ") ||
      code.starts_with("L "))
    return {504, "Type " + code + " is not implemented, only A and I."};
  return {501, "The argument of TYPE is A (text) or I (bytes)."};
}

Reply mode(FtpSession&, std::string_view argument) {
  return one_letter(argument, 'S', "BC", "Mode");
}

Reply structure(FtpSession&, std::string_view argument) {
  return one_letter(argument, 'F', "RP", "Structure");
}

Reply restart(FtpSession& session, std::string_view argument) {
  const auto offset = parse_decimal(argument);
  if (!offset) return {501, "REST needs a number: the offset in bytes."};
  session.restart_offset = *offset;
  return {350, "The next RETR starts at byte " + std::to_string(*offset) + "."};
}

Reply allocate(FtpSession&, std::string_view argument) {
  if (argument[0] < '0' || argument[0] > '9') return {501, "ALLO needs a number of bytes."};
  return {202, "No storage needs to be allocated."};
}

Reply options(FtpSession& session, std::string_view argument) {
  const auto [name, value] = parse_command(argument);
  if (name == "UTF8") {  // not in an RFC (an expired draft), but most clients send it
    if (value.empty() || upper_case(value) == "ON") return {200, "Paths are always UTF-8."};
    return {501, "Paths are always UTF-8; this cannot be turned off."};
  }
  if (name == "MLST") {
    session.facts = parse_fact_names(value);
    std::string chosen;  // the reply names the chosen facts only (RFC 3659 section 7.9)
    for (auto names = format_fact_names(session.facts); !names.empty();) {
      const auto end = names.find(';');
      if (names[end - 1] == '*') chosen += names.substr(0, end - 1) + ";";
      names.erase(0, end + 1);
    }
    return {200, chosen.empty() ? "MLST OPTS" : "MLST OPTS " + chosen};
  }
  return {501, "OPTS needs UTF8 ON, or MLST type;size;modify;perm;unique;"};
}

}  // namespace portlab::ftp::server
