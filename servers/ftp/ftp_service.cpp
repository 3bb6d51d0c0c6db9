#include "servers/ftp/ftp_service.hpp"

#include <utility>

#include "servers/ftp/control_connection.hpp"

namespace portlab {

namespace {

class Ftp final : public StreamService {
 public:
  explicit Ftp(std::shared_ptr<const SharedSite> site) : site_(std::move(site)) {}

  Task<void> serve(Connection& client) override {
    ftp::server::ControlConnection control(client, *site_);
    co_await control.run();
  }

  std::string_view overload_reply() const override {
    return "421 Too many sessions. Try again later.\r\n";
  }

 private:
  std::shared_ptr<const SharedSite> site_;
};

}  // namespace

Service make_ftp_service(std::shared_ptr<const SharedSite> site) {
  return {service_info("ftp"), std::make_unique<Ftp>(std::move(site)), nullptr};
}

}  // namespace portlab
