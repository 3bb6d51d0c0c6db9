// TYPE, MODE, STRU, REST, ALLO, OPTS: how files travel. RFC 959 section 3 knows many ways; RFC 1123
// section 4.1.2 tells which of them are still asked for.

#include <charconv>
#include <string>

#include "common/ftp/command_line.hpp"
#include "servers/ftp/handlers.hpp"

namespace portlab::ftp::server {

namespace {

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

/// For MODE and STRU: one letter is done, others are known and refused, the rest is nonsense.
Reply one_letter(std::string_view argument, char done, std::string_view known,
                 std::string_view what) {
  const std::string code = upper(argument);
  if (code.size() != 1 || (code[0] != done && known.find(code[0]) == std::string_view::npos))
    return {501, std::string(what) + " " + done + " is what can be said here."};
  if (code[0] == done) return {200, std::string(what) + " is " + done + "."};
  return {504, std::string(what) + " " + code + " is not implemented, only " + done + "."};
}

}  // namespace

Reply type(FtpSession& session, std::string_view argument) {
  const std::string code = upper(argument);
  if (code == "A" || code == "A N") {
    session.as_text = true;
    return {200, "Type is A: text, each line ends with CRLF."};
  }
  if (code == "I" || code == "L 8") {
    session.as_text = false;
    return {200, "Type is I: bytes as they are."};
  }
  // EBCDIC, the printers' formats T and C, and bytes of other sizes.
  if (code == "A T" || code == "A C" || code == "E" || code.starts_with("E ") ||
      code.starts_with("L "))
    return {504, "Type " + code + " is not implemented, only A and I."};
  return {501, "TYPE A (text) or TYPE I (bytes)."};
}

Reply mode(FtpSession&, std::string_view argument) {
  return one_letter(argument, 'S', "BC", "Mode");
}

Reply structure(FtpSession&, std::string_view argument) {
  return one_letter(argument, 'F', "RP", "Structure");
}

Reply restart(FtpSession& session, std::string_view argument) {
  std::uint64_t offset = 0;
  const auto* end = argument.data() + argument.size();
  const auto [rest, failed] = std::from_chars(argument.data(), end, offset);
  if (failed != std::errc() || rest != end)
    return {501, "REST takes a number: the bytes that you have already."};
  session.restart_at = offset;
  return {350, "The next RETR begins at byte " + std::to_string(offset) + "."};
}

Reply allocate(FtpSession&, std::string_view argument) {
  if (argument[0] < '0' || argument[0] > '9') return {501, "ALLO takes a number of bytes."};
  return {202, "No space needs to be reserved here."};
}

Reply options(FtpSession& session, std::string_view argument) {
  const auto [name, value] = parse_command(argument);
  if (name == "UTF8") {  // an expired draft, and yet everybody sends it
    if (value.empty() || upper(value) == "ON") return {200, "Paths are UTF-8, always."};
    return {501, "Paths are UTF-8 here, that can't be turned off."};
  }
  if (name == "MLST") {
    session.facts = parse_fact_names(value);
    std::string chosen;  // the reply names the chosen ones alone (RFC 3659 section 7.9)
    for (auto names = format_fact_names(session.facts); !names.empty();) {
      const auto end = names.find(';');
      if (names[end - 1] == '*') chosen += names.substr(0, end - 1) + ";";
      names.erase(0, end + 1);
    }
    return {200, chosen.empty() ? "MLST OPTS" : "MLST OPTS " + chosen};
  }
  return {501, "OPTS UTF8 ON, or OPTS MLST type;size;modify;perm;unique;"};
}

}  // namespace portlab::ftp::server
