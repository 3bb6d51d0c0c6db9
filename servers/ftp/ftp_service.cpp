#include "servers/ftp/ftp_service.hpp"

#include <utility>

#include "servers/ftp/control_connection.hpp"

namespace portlab {

namespace {

class Ftp final : public StreamService {
 public:
  Ftp(std::shared_ptr<const SharedSite> site, const ftp::server::PublicAddress& public_address)
      : site_(std::move(site)), public_address_(public_address) {}

  Task<void> serve(Connection& client) override {
    ftp::server::ControlConnection control(client, *site_, public_address_);
    co_await control.run();
  }

  std::string_view overload_reply() const override {
    return "421 Too many sessions. Try again later.\r\n";
  }

 private:
  const std::shared_ptr<const SharedSite> site_;
  const ftp::server::PublicAddress public_address_;
};

}  // namespace

Service make_ftp_service(std::shared_ptr<const SharedSite> site,
                         std::optional<asio::ip::address_v4> public_address) {
  return {known_service("ftp"), std::make_unique<Ftp>(std::move(site), public_address), nullptr};
}

}  // namespace portlab
