// An HTTP conversation: the same requests are found in it however its bytes are cut into packets.

#include <string>
#include <variant>

#include "common/bytes.hpp"
#include "servers/http/body.hpp"
#include "servers/http/conditional.hpp"
#include "servers/http/framing.hpp"
#include "servers/http/head.hpp"
#include "servers/http/range.hpp"
#include "servers/http/target.hpp"
#include "tests/fuzz/require.hpp"

using namespace portlab;
using namespace portlab::http;

namespace {

constexpr std::uint64_t file_bytes = 1000;

/// Which of several mistakes is named may depend on which of them has arrived.
constexpr char refused = '!';

/// What the rest of the server reads in a head.
void use(const Head& head) {
  static_cast<void>(parse_target(head.method, head.target));
  static_cast<void>(check_preconditions(head, {"\"etag\"", 1'700'000'000}, 1'800'000'000));
  static_cast<void>(if_range_matches(head, {"\"etag\"", 1'700'000'000}, 1'800'000'000));
  const auto field = head.find(Field::range);
  if (!field) return;
  const auto choice = choose_ranges(*field, file_bytes);
  std::uint64_t all = 0;
  for (const auto& part : choice.parts) {
    require(part.length > 0 && part.offset + part.length <= file_bytes, "a part of the file");
    all += part.length;
  }
  require(all <= file_bytes, "never more than the file");
}

/// The requests that a server finds, and the refusal at the end, when `piece` bytes arrive at a
/// time.
std::string read_all(std::string_view bytes, std::size_t piece) {
  std::string seen;
  std::size_t arrived = 0, begin = 0;
  const auto more = [&] {
    if (arrived == bytes.size()) return false;
    arrived = std::min(bytes.size(), arrived + piece);
    return true;
  };
  const auto pending = [&] { return bytes.substr(begin, arrived - begin); };
  for (;;) {
    HeadScanner scanner;
    auto state = scanner.scan(pending());
    while (state == HeadScanner::State::more && more()) state = scanner.scan(pending());
    if (state == HeadScanner::State::more) return seen + "?";
    if (state == HeadScanner::State::refused) return seen + refused;
    const std::string raw(scanner.head(pending()));
    begin += scanner.bytes();
    Head head;
    if (parse_head(raw, head)) return seen + refused;
    const auto framing = framing_of(head);
    if (std::holds_alternative<HttpError>(framing)) return seen + refused;
    use(head);
    seen += std::string(head.method) + " " + std::string(head.target);
    if (std::get<Framing>(framing).has_body()) {
      std::string content;
      BodyReader body(raw, &content);
      for (auto read = BodyReader::State::more; read != BodyReader::State::complete;) {
        std::size_t taken = 0;
        read = body.read(pending(), taken);
        require(taken <= pending().size(), "a body takes what is there");
        begin += taken;
        if (read == BodyReader::State::refused) return seen + refused;
        if (read == BodyReader::State::more && !more()) return seen + "?";
      }
      require(content.size() == body.content_bytes(), "the content is what was counted");
      seen += " +" + content;
    }
    seen += "; ";
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0] % 64U;
  const auto bytes = as_text({data + 1, size - 1});
  require(read_all(bytes, bytes.size() + 1) == read_all(bytes, piece), "cuts change nothing");
  return 0;
}
