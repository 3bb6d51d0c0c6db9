#include "common/system/seccomp.hpp"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <system_error>
#include <vector>

namespace portlab {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t native_architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t native_architecture = AUDIT_ARCH_AARCH64;
#elif defined(__riscv) && __riscv_xlen == 64
constexpr std::uint32_t native_architecture = AUDIT_ARCH_RISCV64;
#else
constexpr std::uint32_t native_architecture = 0;
#endif

#ifndef SYS_fchmodat2
constexpr long fchmodat2_number = 452;  // Linux 6.6, the same everywhere
#else
constexpr long fchmodat2_number = SYS_fchmodat2;
#endif

constexpr unsigned long terminal_linux = 0x541C;  // TIOCLINUX of ioctl_console(2) can paste
/// The system calls of x86-64's x32 ABI have the same numbers, with this bit.
constexpr std::uint32_t x32_bit = 0x4000'0000;

using Program = std::vector<sock_filter>;

void load(Program& program, std::size_t offset) {
  program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)));
}

void finish(Program& program, std::uint32_t result) {
  program.push_back(BPF_STMT(BPF_RET | BPF_K, result));
}

constexpr std::uint32_t refuse = SECCOMP_RET_ERRNO | EPERM;

/// Continues with the next instruction if equal; else skips `skip` instructions.
void unless_equal(Program& program, std::uint32_t value, std::uint8_t skip) {
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip));
}

/// The low half of a call's argument: the kernel ignores the high half of those compared here.
constexpr std::size_t argument(std::size_t number) {
  const std::size_t low = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0;
  return offsetof(seccomp_data, args) + 8 * number + low;
}

/// Refuses a call with this argument.
void refuse_argument(Program& program, long call, std::size_t number,
                     std::initializer_list<unsigned long> values) {
  const auto body = static_cast<std::uint8_t>(1 + 2 * values.size() + 1);
  unless_equal(program, static_cast<std::uint32_t>(call), body);
  load(program, argument(number));
  for (const auto value : values) {
    unless_equal(program, static_cast<std::uint32_t>(value), 1);
    finish(program, refuse);
  }
  finish(program, SECCOMP_RET_ALLOW);
}

/// Refuses a call with one of these bits in its first argument.
void refuse_bits(Program& program, long call, std::uint32_t bits) {
  unless_equal(program, static_cast<std::uint32_t>(call), 4);
  load(program, argument(0));
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1));
  finish(program, refuse);
  finish(program, SECCOMP_RET_ALLOW);
}

/// fchmod(2) stays allowed: it sets the mode of a new socket, and it needs a file that is open.
Program program_for_a_server() {
  Program program;
  load(program, offsetof(seccomp_data, arch));
  unless_equal(program, native_architecture, 1);
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0));
  finish(program, refuse);  // another architecture has other numbers
  load(program, offsetof(seccomp_data, nr));
#if defined(__x86_64__)
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, x32_bit, 0, 1));
  finish(program, refuse);
#endif
  for (const long call : {
           static_cast<long>(SYS_execve),
           static_cast<long>(SYS_execveat),
           static_cast<long>(SYS_unshare),
           static_cast<long>(SYS_setns),
           static_cast<long>(SYS_fchmodat),
           fchmodat2_number,
           static_cast<long>(SYS_fchown),
           static_cast<long>(SYS_fchownat),
#ifdef SYS_chmod
           static_cast<long>(SYS_chmod),
           static_cast<long>(SYS_chown),
           static_cast<long>(SYS_lchown),
#endif
       }) {
    unless_equal(program, static_cast<std::uint32_t>(call), 1);
    finish(program, refuse);
  }
  refuse_argument(program, SYS_ioctl, 1, {TIOCSTI, terminal_linux});
  refuse_bits(program, SYS_clone, CLONE_NEWUSER);
  // The flags of clone3 are in memory, which a filter can't read. After ENOSYS the C library calls
  // clone.
  unless_equal(program, SYS_clone3, 1);
  finish(program, SECCOMP_RET_ERRNO | ENOSYS);
  finish(program, SECCOMP_RET_ALLOW);
  return program;
}

}  // namespace

Result<void> restrict_system_calls() {
  if (native_architecture == 0)
    return Error{"seccomp: the system calls of this processor are not in portlabd's table"};
  auto instructions = program_for_a_server();
  const sock_fprog program{static_cast<unsigned short>(instructions.size()), instructions.data()};
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0)
    return Error{"seccomp: " + std::generic_category().message(errno)};
  return {};
}

}  // namespace portlab
