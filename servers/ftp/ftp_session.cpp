#include "servers/ftp/ftp_session.hpp"

namespace portlab::ftp::server {

std::string FtpSession::path_of(std::string_view argument) const {
  if (argument.starts_with('/')) return std::string(argument);
  return folder + "/" + std::string(argument);
}

void FtpSession::start_over() {
  drop_data_port();
  login = Login::none;
  epsv_only = false;
  folder = "/";
  as_text = true;
  restart_at = 0;
  facts = {};
}

void FtpSession::drop_data_port() {
  passive.close();
  data = NoDataPort{};
}

}  // namespace portlab::ftp::server
