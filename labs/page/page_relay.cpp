#include "labs/page/page_relay.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "clients/cli/command_error.hpp"
#include "labs/network/page_address.hpp"
#include "labs/page/office_feed.hpp"

namespace portlab {

namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using asio::awaitable;
using asio::ip::tcp;
using boost::system::error_code;

/// The browsers of a machine open six connections to a page each.
constexpr std::size_t connections_max = 128;
/// So many more are told so; the next ones are closed without an answer.
constexpr std::size_t refusals_max = 16;
constexpr std::string_view office_path = "/api/office";
constexpr std::uint32_t head_bytes_max = 16 * 1024;
constexpr std::size_t piece_bytes = std::size_t{16} * 1024;
constexpr std::chrono::seconds head_seconds_max{30};
constexpr std::chrono::seconds connect_seconds_max{2};

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

/// The two connections of a request. Shared by the coroutines of both directions.
struct Ends {
  Ends(tcp::socket accepted, asio::io_context& io) : browser(std::move(accepted)), server(io) {}
  beast::tcp_stream browser;
  beast::tcp_stream server;
};
using SharedEnds = std::shared_ptr<Ends>;

void close(beast::tcp_stream& stream) {
  error_code ignored;
  stream.socket().close(ignored);
}

/// Passes bytes on until the end of `from`, and ends that direction of `to`.
awaitable<void> copy(tcp::socket& from, tcp::socket& to) {
  std::array<char, piece_bytes> piece;
  for (;;) {
    const auto [ended, got] = co_await from.async_read_some(asio::buffer(piece), as_result);
    if (ended) break;
    const auto part = asio::buffer(piece.data(), got);
    const auto [broken, sent] = co_await asio::async_write(to, part, as_result);
    if (broken) break;
  }
  error_code ignored;
  to.shutdown(tcp::socket::shutdown_send, ignored);
}

/// The body of a request, if it has one; and notices when the browser closes.
awaitable<void> copy_upward(SharedEnds ends) {
  co_await copy(ends->browser.socket(), ends->server.socket());
}

/// A binding to an address alone, whose port the kernel picks only when it knows the peer (ip(7)): else
/// there were 28,000 sessions at most, whatever the peer.
void bind_to_page_address(tcp::socket& socket) {
  const int on = 1;
  ::setsockopt(socket.native_handle(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  error_code ignored;  // then the client's address is 127.0.0.1
  socket.bind({asio::ip::make_address(page_address), 0}, ignored);
}

void rethrow(std::exception_ptr failed) {
  if (failed) std::rethrow_exception(failed);
}

class Relay {
 public:
  Relay(asio::io_context& io, RelayPlan& plan)
      : io_(io),
        acceptor_(io, tcp::v4(), plan.listener.release()),
        office_(io, std::move(plan.office)),
        find_http_(std::move(plan.find_http)) {}

  awaitable<void> accept_all();

 private:
  awaitable<void> serve(tcp::socket accepted);
  awaitable<error_code> connect(beast::tcp_stream& server, tcp::endpoint to);
  awaitable<void> forward(SharedEnds ends, std::string head, beast::flat_buffer rest);
  bool is_own_host(std::string_view host) const;
  awaitable<void> show_office(SharedEnds ends, bool host_is_own);

  asio::io_context& io_;
  tcp::acceptor acceptor_;
  OfficeFeed office_;
  std::function<Endpoint()> find_http_;
  std::size_t connections_ = 0;
};

awaitable<void> answer(beast::tcp_stream& browser, http::status status, std::string text) {
  constexpr unsigned version = 11;
  http::response<http::string_body> response(status, version, std::move(text));
  response.set(http::field::content_type, "text/plain; charset=utf-8");
  response.set(http::field::cache_control, "no-store");
  response.keep_alive(false);
  response.prepare_payload();
  browser.expires_after(head_seconds_max);
  co_await http::async_write(browser, response, as_result);
  error_code ignored;
  browser.socket().shutdown(tcp::socket::shutdown_both, ignored);
}

awaitable<void> Relay::accept_all() {
  constexpr std::chrono::milliseconds pause{100};
  asio::steady_timer timer(io_);
  for (;;) {
    auto [failed, accepted] = co_await acceptor_.async_accept(as_result);
    if (failed == asio::error::operation_aborted) co_return;
    if (failed) {  // EMFILE would come again at once
      timer.expires_after(pause);
      co_await timer.async_wait(as_result);
      continue;
    }
    if (connections_ >= connections_max + refusals_max) continue;
    ++connections_;
    const auto done = [this](std::exception_ptr broken) {
      --connections_;
      rethrow(broken);
    };
    asio::co_spawn(io_, serve(std::move(accepted)), done);
  }
}

awaitable<void> Relay::serve(tcp::socket accepted) {
  const bool is_one_too_many = connections_ > connections_max;
  const auto ends = std::make_shared<Ends>(std::move(accepted), io_);
  auto& browser = ends->browser;
  beast::flat_buffer buffer;
  http::request_parser<http::empty_body> parser;
  parser.header_limit(head_bytes_max);
  parser.body_limit(boost::none);
  browser.expires_after(head_seconds_max);
  const auto [failed, bytes] = co_await http::async_read_header(browser, buffer, parser, as_result);
  if (failed == http::error::end_of_stream || failed == beast::error::timeout) co_return;
  if (failed) {
    auto reason = failed.message() + "\n";
    co_await answer(browser, http::status::bad_request, std::move(reason));
    co_return;
  }
  if (is_one_too_many) {
    std::string reason = "portlab page has too many connections: close some of its pages\n";
    co_await answer(browser, http::status::service_unavailable, std::move(reason));
    co_return;
  }
  if (office_.has_office() && parser.get().target() == office_path &&
      parser.get().method() == http::verb::get) {
    const auto host = parser.get()[http::field::host];
    const bool is_own = is_own_host({host.data(), host.size()});
    co_await show_office(ends, is_own);
    co_return;
  }
  // One request for each connection: the next one is sent to where HTTP is then.
  auto& request = parser.get();
  request.set(http::field::connection, "close");
  std::ostringstream head;
  head << request.base();
  auto text = std::move(head).str();
  co_await forward(ends, std::move(text), std::move(buffer));
}

/// Whether a request is meant for this relay: a page from elsewhere can let a browser ask under a name of
/// its own (DNS rebinding).
bool Relay::is_own_host(std::string_view host) const {
  error_code ignored;
  const auto port = ":" + std::to_string(acceptor_.local_endpoint(ignored).port());
  return host == "127.0.0.1" + port || host == "localhost" + port;
}

/// The map of the office as server-sent events (HTML Living Standard section 9.2): a document when it
/// has changed, and a comment after 5 s of silence, by which a closed browser is noticed.
awaitable<void> Relay::show_office(SharedEnds ends, bool host_is_own) {
  constexpr std::chrono::milliseconds pause{100};
  constexpr std::chrono::seconds silence_max{5};
  auto& browser = ends->browser;
  if (!host_is_own) {
    std::string reason = "the map of the office is only at 127.0.0.1 and localhost\n";
    co_await answer(browser, http::status::misdirected_request, std::move(reason));
    co_return;
  }
  OfficeFeed::Text shown;
  auto written_at = std::chrono::steady_clock::now();
  std::string piece =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
      "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\nretry: 1500\n\n";
  asio::steady_timer timer(io_);
  for (;;) {
    if (!piece.empty()) {
      browser.expires_after(head_seconds_max);
      const auto [closed, sent] =
          co_await asio::async_write(browser, asio::buffer(piece), as_result);
      if (closed) co_return;
      written_at = std::chrono::steady_clock::now();
      piece.clear();
    }
    timer.expires_after(pause);
    co_await timer.async_wait(as_result);
    office_.refresh();
    if (office_.newest() != shown) {
      shown = office_.newest();
      piece = "data: " + *shown + "\n\n";
    } else if (std::chrono::steady_clock::now() - written_at > silence_max) {
      piece = ":\n\n";
    }
  }
}

awaitable<void> Relay::forward(SharedEnds ends, std::string head, beast::flat_buffer rest) {
  tcp::endpoint to;
  std::string problem;
  try {
    const auto http = find_http_();
    to = {http.address, http.port};
  } catch (const CommandError& failure) {
    problem = failure.text();
  }
  if (problem.empty()) {
    const auto failed = co_await connect(ends->server, to);
    if (failed)
      problem = "portlab: no connection to port " + std::to_string(to.port()) +
                ", where HTTP is: " + failed.message() + "\n";
  }
  if (!problem.empty()) {
    co_await answer(ends->browser, http::status::service_unavailable, std::move(problem));
    co_return;
  }
  ends->browser.expires_never();
  ends->server.expires_never();
  head += beast::buffers_to_string(rest.data());
  const auto [failed, sent] =
      co_await asio::async_write(ends->server.socket(), asio::buffer(head), as_result);
  if (failed) co_return;
  asio::co_spawn(io_, copy_upward(ends), rethrow);
  co_await copy(ends->server.socket(), ends->browser.socket());
  close(ends->server);
  close(ends->browser);
}

awaitable<error_code> Relay::connect(beast::tcp_stream& server, tcp::endpoint to) {
  error_code failed;
  server.socket().open(to.protocol(), failed);
  if (failed) co_return failed;
  if (to.address().is_v4() && to.address().is_loopback()) bind_to_page_address(server.socket());
  server.expires_after(connect_seconds_max);
  const auto [refused] = co_await server.async_connect(to, as_result);
  co_return refused;
}

}  // namespace

void relay_requests(RelayPlan plan) {
  asio::io_context io(1);
  Relay relay(io, plan);
  asio::posix::stream_descriptor process(io);
  if (plan.process) {
    process.assign(plan.process.release());
    process.async_wait(asio::posix::stream_descriptor::wait_read, [&io](error_code) { io.stop(); });
  }
  asio::co_spawn(io, relay.accept_all(), rethrow);
  io.run();
}

}  // namespace portlab
