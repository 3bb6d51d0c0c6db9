#include "servers/telnet/telnet_service.hpp"

#include "servers/telnet/telnet_session.hpp"

namespace portlab {

namespace {

class TelnetStream final : public StreamService {
 public:
  explicit TelnetStream(const ServerView& server) : server_(server) {}

  Task<void> serve(Connection& client) override {
    telnet::server::TelnetSession session(client, server_);
    co_await session.run();
  }

  std::string_view overload_reply() const override {
    return "Too many sessions. Try again later.\r\n";
  }

 private:
  const ServerView& server_;
};

}  // namespace

Service make_telnet_service(const ServerView& server) {
  return {known_service("telnet"), std::make_unique<TelnetStream>(server), nullptr};
}

}  // namespace portlab
