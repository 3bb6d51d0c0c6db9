// Arguments of command lines: ports, endpoints, URLs, listeners. Each is parsed, or refused with a
// message. The text of a parsed value is parsed to the same value.

#include "clients/cli/command_error.hpp"
#include "clients/ftp/ftp_url.hpp"
#include "clients/http/http_url.hpp"
#include "common/bytes.hpp"
#include "common/control_protocol.hpp"
#include "common/endpoint.hpp"
#include "common/port.hpp"
#include "common/service_names.hpp"
#include "common/text.hpp"
#include "servers/forward/forward_target.hpp"
#include "servers/listener/listen_spec.hpp"
#include "tests/fuzz/require.hpp"

using namespace portlab;

namespace {

void parse_urls(const std::string& text) {
  try {
    const auto url = parse_http_url(text);
    require(url.same_origin(url), "a URL has the same origin as itself");
    static_cast<void>(follow(url, "../" + text));
  } catch (const CommandError& failure) {
    require(!failure.text().empty(), "an error has a message");
  }
  try {
    static_cast<void>(ftp::client::parse_ftp_url(text));
  } catch (const CommandError& failure) {
    require(!failure.text().empty(), "an error has a message");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(as_text({data, size}));
  if (const auto port = parse_port(text); !port)
    require(!port.error().text.empty(), "an error has a message");
  if (const auto spec = parse_listen_spec(text)) {
    const auto again = parse_listen_spec(spec->to_string());
    require(again && again->to_string() == spec->to_string(),
            "the text of a listener is parsed to the same listener");
  }
  if (const auto address = parse_address(text)) {
    const auto again = parse_address(address->to_string());
    require(again && *again == *address, "the text of an address is parsed to the same address");
  }
  static_cast<void>(parse_host_and_port(text));
  if (const auto target = parse_forward_target(text); !target)
    require(!target.error().text.empty(), "an error has a message");
  static_cast<void>(parse_control_request(text));
  static_cast<void>(parse_control_reply(text));
  parse_urls(text);
  const auto shown = displayable(text, 100);
  require(shown.size() <= 100 && displayable(shown, 100) == shown,
          "displayable text is not changed again");
  return 0;
}
