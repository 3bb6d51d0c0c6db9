#include "servers/listener/quota.hpp"

namespace portlab {

Quota::Permit Quota::take(const asio::ip::address* address) {
  const std::lock_guard lock(mutex_);
  if (sessions_ >= limits_.sessions_max) return nullptr;
  AddressCount* address_count = nullptr;
  if (address != nullptr) {
    address_count = &*per_address_.try_emplace(*address, 0).first;
    if (address_count->second >= limits_.sessions_per_address_max) return nullptr;
    ++address_count->second;
  }
  ++sessions_;
  return Permit(this, Release{address_count});
}

void Quota::set_limits(const Limits& limits) {
  const std::lock_guard lock(mutex_);
  limits_ = limits;
}

void Quota::release(AddressCount* address_count) {
  const std::lock_guard lock(mutex_);
  --sessions_;
  if (address_count == nullptr || --address_count->second > 0) return;
  const auto address = address_count->first;  // a copy: erase() destroys the original
  per_address_.erase(address);
}

}  // namespace portlab
