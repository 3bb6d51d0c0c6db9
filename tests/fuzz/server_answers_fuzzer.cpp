// The bytes of servers that our clients read: HTTP responses, and replies of the control protocol.
// Each is parsed, or is an error with a message.

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

void read_http(std::string_view bytes, std::string method) {
  int ends[2];
  require(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair works");
  const auto sent = ::send(ends[1], bytes.data(), bytes.size(), MSG_NOSIGNAL);
  require(sent == static_cast<ssize_t>(bytes.size()), "the bytes fit into the socket's buffer");
  ::shutdown(ends[1], SHUT_WR);
  auto session =
      ClientSession::adopt(FileDescriptor(ends[0]), Transport::local, std::chrono::seconds(5));
  HttpRequest request;
  request.method = std::move(method);
  HttpSink sink;
  sink.head = [&](const HttpHead& head) {
    require(head.status >= 100 && head.status <= 999, "the status has three digits");
    require(head.text().ends_with("\r\n\r\n"), "a head ends with an empty line");
  };
  std::size_t body_bytes = 0;
  sink.body = [&](Bytes part) { body_bytes += part.size(); };
  try {
    exchange(session, request, sink);
  } catch (const CommandError& error) {
    require(!error.reason().empty(), "an error has a reason");
    require(error.exit() != Exit::bad_usage, "the exit status is not that of bad usage");
  }
  require(body_bytes <= bytes.size(), "a body is part of the response");
  require(request.method != "HEAD" || body_bytes == 0, "HEAD has no body");
  ::close(ends[1]);
}

void read_control(std::string_view line) {
  const auto reply = parse_control_reply(line);
  if (!reply) return require(!reply.error().text.empty(), "an error has a message");
  for (const auto& row : reply->listeners) static_cast<void>(row.moved());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = as_text({data, size});
  if (bytes.starts_with('{')) {
    read_control(bytes);
  } else {
    read_http(bytes, "GET");
    read_http(bytes, "HEAD");
  }
  return 0;
}
