// Sessions over TLS, with OpenSSL's client.

#include "servers/listener/tls_stream.hpp"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <memory>
#include <string>

#include "common/system/socket_address.hpp"
#include "servers/daemon/certificate_authority.hpp"
#include "servers/listener/tls_context.hpp"
#include "tests/support/running_core.hpp"

using namespace portlab;

namespace {

std::shared_ptr<const SharedTlsContext> certificate() {
  const CertificateAuthority authority;
  const auto made = authority.sign({.names = {"localhost"}, .addresses = {}});
  return std::make_shared<SharedTlsContext>(
      TlsContext::make(made.certificate, made.key, "test", authority.certificate()).value());
}

/// A protocol made of one function.
class Scripted final : public StreamService {
 public:
  using Script = Task<void> (*)(Connection&);
  explicit Scripted(Script script) : script_(script) {}
  Task<void> serve(Connection& client) override { return script_(client); }
  std::string_view no_tls_reply() const override { return "speak TLS\n"; }

 private:
  Script script_;
};

Service over_tls(Scripted::Script script) {
  Service service{{"scripted", 7000}, std::make_unique<Scripted>(script), nullptr};
  service.tls = certificate();
  return service;
}

Task<void> echo(Connection& client) {
  client.start_idle_timeout("stopped");
  for (;;) {
    const auto bytes = co_await client.read_some();
    if (bytes.empty()) co_return;
    const std::string copy(as_text(bytes));
    co_await client.write(copy);
  }
}

constexpr std::size_t large = 3'000'000;

Task<void> say_much(Connection& client) {
  const std::string head = "head ";
  const std::string body(large, 'x');
  co_await client.write(head, body);
  co_await client.write_and_shutdown("end");
}

std::string file_to_send;

Task<void> send_a_file(Connection& client) {
  File file(::open(file_to_send.c_str(), O_RDONLY));
  co_await client.write_more("head ");
  co_await client.send_file(std::move(file), {10, large});
}

/// A client that waits for each call, for at most 30 s.
class TlsClient {
 public:
  explicit TlsClient(const Endpoint& server, int version = TLS1_3_VERSION, int receive_buffer = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{30, 0};
    for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO})
      ::setsockopt(socket_.get(), SOL_SOCKET, option, &limit, sizeof limit);
    if (receive_buffer > 0)
      ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    const auto address = to_socket_address(server);
    BOOST_REQUIRE(::connect(socket_.get(), address.data(), address.size) == 0);
    static SSL_CTX* const settings = SSL_CTX_new(TLS_client_method());
    tls_.reset(SSL_new(settings));
    SSL_set_min_proto_version(tls_.get(), version);
    SSL_set_max_proto_version(tls_.get(), version);
    SSL_set_fd(tls_.get(), socket_.get());
  }

  bool handshake() { return SSL_connect(tls_.get()) == 1; }
  void send(std::string_view bytes) {
    BOOST_REQUIRE(SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0);
  }
  /// The record that send() would send.
  std::string encrypt(std::string_view bytes) {
    BIO* const memory = BIO_new(BIO_s_mem());
    SSL_set0_wbio(tls_.get(), memory);
    send(bytes);
    char* record = nullptr;
    const auto size = BIO_get_mem_data(memory, &record);
    return {record, static_cast<std::size_t>(size)};
  }
  /// At most `count` bytes; fewer at the end of the stream.
  std::string receive(std::size_t count) {
    std::string received;
    std::string piece(16384, '\0');
    while (received.size() < count) {
      const int got = SSL_read(tls_.get(), piece.data(),
                               static_cast<int>(std::min(piece.size(), count - received.size())));
      if (got <= 0) break;
      received.append(piece, 0, static_cast<std::size_t>(got));
    }
    return received;
  }
  bool got_close_notify() const {
    return (SSL_get_shutdown(tls_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
  }
  SSL* tls() { return tls_.get(); }
  int socket() const { return socket_.get(); }

 private:
  struct Free {
    void operator()(SSL* tls) const { SSL_free(tls); }
  };
  FileDescriptor socket_;
  std::unique_ptr<SSL, Free> tls_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(bytes_go_both_ways_and_the_row_has_the_version) {
  RunningCore running(over_tls(echo));
  const auto server = running.listen("scripted=0");
  for (const auto& [version, name] : {std::pair{TLS1_2_VERSION, "1.2"}, {TLS1_3_VERSION, "1.3"}}) {
    TlsClient client(server, version);
    BOOST_REQUIRE(client.handshake());
    for (const auto size : std::initializer_list<std::size_t>{1, 100, 16384, 16385}) {
      const std::string text(size, 'a');
      client.send(text);
      BOOST_TEST((client.receive(size) == text), size);
    }
    BOOST_TEST(running.eventually([expected = name](const auto& rows) {
      return std::any_of(rows.begin(), rows.end(), [&](const auto& row) {
        return row.tls == expected && row.bytes_in == 32870;
      });
    }));
  }
}

BOOST_AUTO_TEST_CASE(a_slow_reader_gets_every_byte_and_then_close_notify) {
  RunningCore running(over_tls(say_much));
  const auto server = running.listen("scripted=0");
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(server, version, 4096);
    BOOST_REQUIRE(client.handshake());
    const auto all = client.receive(large + 100);
    BOOST_TEST(all.size() == large + 8);
    BOOST_TEST(all.substr(0, 6) == "head x");
    BOOST_TEST(all.substr(all.size() - 4) == "xend");
    BOOST_TEST(client.got_close_notify());
  }
}

BOOST_AUTO_TEST_CASE(a_part_of_a_file_is_sent_and_a_file_that_is_too_short_ends_the_session) {
  std::string pattern = (std::filesystem::temp_directory_path() / "portlab-tls-XXXXXX").string();
  const FileDescriptor made(::mkstemp(pattern.data()));
  BOOST_REQUIRE(made);
  file_to_send = pattern;
  std::string content;
  while (content.size() < large + 20) content += std::to_string(content.size()) + " ";
  std::ofstream(pattern, std::ios::binary) << content;
  RunningCore running(over_tls(send_a_file));
  const auto server = running.listen("scripted=0");
  TlsClient client(server, TLS1_3_VERSION, 4096);
  BOOST_REQUIRE(client.handshake());
  const auto all = client.receive(2 * large);
  BOOST_TEST((all == "head " + content.substr(10, large)));
  BOOST_TEST(client.got_close_notify());

  std::filesystem::resize_file(pattern, large / 2);
  TlsClient other(server);
  BOOST_REQUIRE(other.handshake());
  BOOST_TEST(other.receive(2 * large).size() == 5 + large / 2 - 10);
  BOOST_TEST(!other.got_close_notify());
  std::filesystem::remove(pattern);
}

BOOST_AUTO_TEST_CASE(new_keys_do_not_disturb_the_bytes) {
  RunningCore running(over_tls(echo));
  TlsClient client(running.listen("scripted=0"));
  BOOST_REQUIRE(client.handshake());
  for (int i = 0; i < 200; ++i) {
    BOOST_REQUIRE(SSL_key_update(client.tls(), SSL_KEY_UPDATE_REQUESTED) == 1);
    BOOST_REQUIRE(SSL_do_handshake(client.tls()) == 1);
    if (i % 50 != 0) continue;
    client.send("hello");
    BOOST_TEST(client.receive(5) == "hello");
  }
  client.send("the last");
  BOOST_TEST(client.receive(8) == "the last");
}

BOOST_AUTO_TEST_CASE(a_client_may_close_its_direction_first) {
  RunningCore running(over_tls(echo));
  const auto server = running.listen("scripted=0");
  TlsClient client(server);
  BOOST_REQUIRE(client.handshake());
  client.send("hello");
  SSL_shutdown(client.tls());
  BOOST_TEST(client.receive(100) == "hello");
  BOOST_TEST(client.got_close_notify());
  TlsClient abrupt(server);  // FIN without close_notify
  BOOST_REQUIRE(abrupt.handshake());
  abrupt.send("hello");
  ::shutdown(abrupt.socket(), SHUT_WR);
  BOOST_TEST(abrupt.receive(100) == "hello");
  BOOST_TEST(abrupt.got_close_notify());
}

BOOST_AUTO_TEST_CASE(the_stop_sends_the_final_reply_encrypted) {
  RunningCore running(over_tls(echo));
  TlsClient client(running.listen("scripted=0"));
  BOOST_REQUIRE(client.handshake());
  client.send("hello");
  BOOST_TEST(client.receive(5) == "hello");
  running.stop();
  BOOST_TEST(client.receive(100) == "stopped");
}

BOOST_AUTO_TEST_CASE(a_client_without_tls_is_closed_or_gets_the_services_reply) {
  RunningCore running(over_tls(echo));
  const auto server = running.listen("scripted=0");
  for (const auto& [sent, expected] :
       {std::pair<std::string, std::string>{"GET / HTTP/1.1\r\n\r\n", "speak TLS\n"},
        {"anything else\r\n", ""}}) {
    TlsClient client(server);
    BOOST_REQUIRE(::send(client.socket(), sent.data(), sent.size(), 0) > 0);
    std::string received(100, '\0');
    const auto got = ::recv(client.socket(), received.data(), received.size(), 0);
    received.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    BOOST_TEST(received == expected);
  }
}

BOOST_AUTO_TEST_CASE(handshakes_take_no_more_memory_than_inputs_may_have) {
  CoreOptions options;
  options.limits.buffer_bytes_max = 2 * 128 * 1024;
  RunningCore running(over_tls(echo), options);
  const auto server = running.listen("scripted=0");
  TlsClient first(server);
  TlsClient second(server);
  TlsClient third(server);
  BOOST_REQUIRE(running.eventually([](const auto& rows) { return rows.size() == 3; }));
  const std::string begin("\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 9);
  for (const auto* client : {&first, &second})
    BOOST_REQUIRE(::send(client->socket(), begin.data(), begin.size(), 0) > 0);
  BOOST_TEST(!third.handshake());
  ::shutdown(first.socket(), SHUT_RDWR);
  ::shutdown(second.socket(), SHUT_RDWR);
  BOOST_TEST(running.eventually([](const auto& rows) { return rows.empty(); }));
  TlsClient fourth(server);
  BOOST_REQUIRE(fourth.handshake());
  fourth.send("hello");
  BOOST_TEST(fourth.receive(5) == "hello");
}

BOOST_AUTO_TEST_CASE(incomplete_records_take_no_more_memory_than_inputs_may_have) {
  constexpr std::size_t header = 5;
  for (const std::size_t sent : {std::size_t{1}, header, header + 1, header + 20}) {
    CoreOptions options;
    // A handshake, and beside it the buffer that a worker keeps.
    options.limits.buffer_bytes_max = 128 * 1024 + session_buffer_bytes;
    constexpr std::size_t records = 128 * 1024 / record_buffer_bytes;
    RunningCore running(over_tls(echo), options);
    const auto server = running.listen("scripted=0");
    std::vector<std::unique_ptr<TlsClient>> clients;
    std::vector<std::string> record_of;
    for (std::size_t i = 0; i < records + 1; ++i) {
      clients.push_back(std::make_unique<TlsClient>(server));
      BOOST_REQUIRE(clients.back()->handshake());
      record_of.push_back(clients.back()->encrypt("hello"));
    }
    for (std::size_t i = 0; i < clients.size(); ++i)
      BOOST_REQUIRE(::send(clients[i]->socket(), record_of[i].data(), sent, MSG_NOSIGNAL) > 0);
    BOOST_TEST(running.eventually([](const auto& rows) { return rows.size() == records; }),
               "with " << sent << " bytes of a record");
    std::size_t answered = 0;
    for (std::size_t i = 0; i < clients.size(); ++i) {
      const auto rest = record_of[i].substr(sent);
      ::send(clients[i]->socket(), rest.data(), rest.size(), MSG_NOSIGNAL);
      if (clients[i]->receive(5) == "hello") ++answered;
    }
    BOOST_TEST(answered == records);
    TlsClient later(server);  // the memory is free again
    BOOST_REQUIRE(later.handshake());
    later.send("hello");
    BOOST_TEST(later.receive(5) == "hello");
  }
}
