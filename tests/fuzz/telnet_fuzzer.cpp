// What a telnet server and client do with the bytes of a peer: decode them, negotiate options, edit
// lines, log in. Each byte has a bounded effect, and what is echoed is data and nothing else.

#include <algorithm>
#include <string>

#include "common/bytes.hpp"
#include "common/telnet/option_negotiation.hpp"
#include "common/telnet/telnet_decoder.hpp"
#include "common/text.hpp"
#include "servers/telnet/line_editor.hpp"
#include "servers/telnet/login.hpp"
#include "servers/telnet/telnet_menu.hpp"
#include "tests/fuzz/require.hpp"

using namespace portlab;
using namespace portlab::telnet;
using namespace portlab::telnet::server;

namespace {

bool agrees(Side side, Option option) {
  return side == Side::this_end ? option == Option::echo : option == Option::window_size;
}

/// Whether these bytes are data alone, with each IAC doubled.
bool is_data(std::string_view bytes) {
  Decoder decoder;
  bool complete = true;
  for (const auto byte : as_bytes(bytes)) {
    const auto event = decoder.read(byte);
    complete = event.has_value();
    if (event && event->kind != Event::Kind::data) return false;
  }
  return complete;
}

void read_line(Login& login, const std::string& line) {
  require(line.size() <= LineEditor::line_bytes_max, "a line has a limit");
  if (!login.done() && !login.failed()) {
    login.read_line(line);
  } else if (!parse_menu_command(line)) {
    const auto text = unknown_text(line);
    require(text.size() < 2 * LineEditor::line_bytes_max, "an error is short");
    require(is_utf8(text), "an error is text");
  }
}

void serve(std::string_view bytes) {
  Decoder decoder;
  OptionNegotiation options(agrees);
  LineEditor editor;
  Login login;
  for (const auto byte : as_bytes(bytes)) {
    const auto event = decoder.read(byte);
    if (!event) continue;
    const auto echo = login.wants_password()                        ? Echo::line_ends
                      : options.is_on(Side::this_end, Option::echo) ? Echo::all
                                                                    : Echo::nothing;
    std::string output;
    auto input = Input::none;
    switch (event->kind) {
      case Event::Kind::data:
        input = editor.read_data(event->byte, echo, output);
        break;
      case Event::Kind::command:
        input = editor.read_command(event->command, echo, output);
        break;
      case Event::Kind::negotiation: {
        const auto answer = options.receive(event->command, event->option);
        require(answer.empty() || answer.size() == 3, "an answer is IAC, verb, option");
        break;
      }
      case Event::Kind::subnegotiation:
        require(decoder.parameters().size() <= Decoder::parameter_bytes_max,
                "parameters have a limit");
        static_cast<void>(parse_window_size(decoder.parameters()));
        break;
    }
    require(is_data(output), "an echo is data");
    require(output.size() <= 3 * LineEditor::line_bytes_max, "an echo is short");
    if (input == Input::line) read_line(login, editor.take_line());
    if (input == Input::cancel) login.restart();
  }
}

void encode(std::string_view bytes) {
  NvtEncoder whole;
  auto together = whole.encode(bytes);
  together += whole.finish();
  NvtEncoder pieces;
  std::string apart;
  for (const char byte : bytes) apart += pieces.encode({&byte, 1});
  apart += pieces.finish();
  require(together == apart, "it does not matter where a text is cut");
  require(bytes.empty() || is_data(together), "an encoded text is data");
  for (std::size_t at = 0; at < together.size(); ++at)
    if (together[at] == '\r')
      require(at + 1 < together.size() && (together[at + 1] == '\n' || together[at + 1] == '\0'),
              "LF or NUL follows each CR");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  serve(as_text({data, size}));
  encode(as_text({data, size}));
  return 0;
}
