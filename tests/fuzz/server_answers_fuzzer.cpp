// The bytes of servers that our clients read: HTTP responses, what services send to portlab scan,
// certificates, and replies of the control protocol.
// Each is parsed, or is an error with a message.

#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>

#include "clients/cli/command_error.hpp"
#include "clients/http/http_exchange.hpp"
#include "clients/net/openssl_pointers.hpp"
#include "clients/net/tls_facts.hpp"
#include "clients/scan/service_questions.hpp"
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
  ClientSession session{FileDescriptor(ends[0]), Transport::local, std::chrono::seconds(5)};
  HttpRequest request;
  request.method = std::move(method);
  HttpSink sink;
  sink.head = [&](const HttpHead& head) {
    require(head.status >= 100 && head.status <= 999, "the status has three digits");
    require(head.text().ends_with("\r\n\r\n"), "a head ends with an empty line");
  };
  std::size_t body_bytes = 0;
  sink.body = [&](Bytes part) { body_bytes += part.size(); };
  sink.irregularity = [](const std::string& what) {
    require(!what.empty(), "what is wrong is said");
  };
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

/// OpenSSL reads the certificate; what it says must be safe to show.
void read_certificate(Bytes bytes) {
  const auto* next = bytes.data();
  const CertificatePointer certificate(d2i_X509(nullptr, &next, static_cast<long>(bytes.size())));
  if (!certificate) return;
  TlsFacts facts;
  facts.certificate = facts_of(*certificate);
  for (const bool verified : {true, false}) {
    facts.verified = verified;
    const auto line = describe_tls(facts, ", ");
    require(line.size() < 1000, "the line is short");
    for (const char c : line) require(c >= ' ' || c < 0, "the line has no control characters");
  }
  static_cast<void>(to_json(facts));
}

/// What a service sends to portlab scan, unasked or as the answer to each of its questions.
void recognise(std::string_view bytes) {
  for (const auto& sent : {std::string(), http_question("127.0.0.1"), dns_question(1, true)})
    require(recognise_stream(sent, bytes).banner.size() <= bytes.size() + 64, "a banner is short");
  for (const auto port : ports_with_questions())
    for (const auto& sent : datagrams_for(port, 1)) recognise_datagram(sent, bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = as_text({data, size});
  if (bytes.starts_with('{')) {
    read_control(bytes);
  } else if (size > 0 &&
             data[0] == 0x30) {  // an ASN.1 SEQUENCE, and "0", with which no answer begins
    read_certificate({data, size});
  } else {
    read_http(bytes, "GET");
    read_http(bytes, "HEAD");
    recognise(bytes);
  }
  return 0;
}
