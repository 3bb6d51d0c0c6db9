// What servers answer to our clients: HTTP responses, and the control protocol's replies. A bad one
// is a failure with words.

#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>

#include "clients/cli/command_error.hpp"
#include "clients/http/http_exchange.hpp"
#include "common/control_protocol.hpp"
#include "tests/fuzz/require.hpp"

using namespace portlab;

namespace {

void ask(std::string_view answer, std::string method) {
  int ends[2];
  require(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "a pair of sockets can be had");
  const auto sent = ::send(ends[1], answer.data(), answer.size(), MSG_NOSIGNAL);
  require(sent == static_cast<ssize_t>(answer.size()), "the answer fits into the socket's buffer");
  ::shutdown(ends[1], SHUT_WR);
  auto session = ClientSession::adopt(FileDescriptor(ends[0]), Transport::local, std::chrono::seconds(5));
  HttpRequest request;
  request.method = std::move(method);
  HttpSink sink;
  sink.head = [&](const HttpHead& head) {
    require(head.status >= 100 && head.status <= 999, "three digits");
    require(head.text().ends_with("\r\n\r\n"), "a head ends");
  };
  std::size_t body_bytes = 0;
  sink.body = [&](Bytes bytes) { body_bytes += bytes.size(); };
  try {
    exchange(session, request, sink);
  } catch (const CommandError& failure) {
    require(!failure.reason().empty(), "a failure has a reason");
    require(failure.exit() != Exit::bad_usage, "it is not the user's fault");
  }
  require(body_bytes <= answer.size(), "a body is a part of the answer");
  require(request.method != "HEAD" || body_bytes == 0, "HEAD has no body");
  ::close(ends[1]);
}

void hear_control(std::string_view line) {
  const auto reply = parse_control_reply(line);
  if (!reply) return require(!reply.error().text.empty(), "a mistake has a name");
  for (const auto& row : reply->listeners) static_cast<void>(row.moved());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = as_text({data, size});
  if (bytes.starts_with('{')) {
    hear_control(bytes);
  } else {
    ask(bytes, "GET");
    ask(bytes, "HEAD");
  }
  return 0;
}
