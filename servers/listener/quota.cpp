#include "servers/listener/quota.hpp"

namespace portlab {

std::optional<Quota::Permit> Quota::take(const asio::ip::address& address) {
  const std::lock_guard lock(mutex_);
  if (sessions_ >= limits_.sessions_max) return std::nullopt;
  auto& address_count = *per_address_.try_emplace(address, 0).first;
  if (address_count.second >= limits_.sessions_per_address_max) return std::nullopt;
  ++sessions_;
  ++address_count.second;
  return std::make_optional<Permit>(*this, &address_count);
}

std::optional<Quota::Permit> Quota::take() {
  const std::lock_guard lock(mutex_);
  if (sessions_ >= limits_.sessions_max) return std::nullopt;
  ++sessions_;
  return std::make_optional<Permit>(*this, nullptr);
}

void Quota::release(AddressCount* address_count) {
  const std::lock_guard lock(mutex_);
  --sessions_;
  if (address_count == nullptr || --address_count->second > 0) return;
  const auto address = address_count->first;  // a copy: erase() destroys the original
  per_address_.erase(address);
}

}  // namespace portlab
