// PID 1 of the guest: prints what Linux made of the machine to QEMU's debug console, then powers off.
//
// One line each:
//   file PATH<tab>TEXT                                   a file, its line feeds as \n
//   cpuid CPU LEAF SUBLEAF EAX EBX ECX EDX               what a program on that CPU reads, in hexadecimal
//   end                                                  the last line
//
// There is no libc: its start-up code reads CPUID, and a wrong table could hang it.
#include <asm/unistd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MAX_CPUS = 1024,
    MAX_CACHES = 8,
    MAX_NODES = 64,
    MAX_FILE = 4 << 20,
    MAX_OUTPUT = 1 << 16,
    DEBUG_CONSOLE = 0xe9,
    SYSLOG_READ_ALL = 3,
    REBOOT_MAGIC1 = 0xfee1dead,
    REBOOT_MAGIC2 = 672274793,
    REBOOT_POWER_OFF = 0x4321fedc,
};

static long system_call(long number, long a, long b, long c, long d, long e)
{
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                     : "rcx", "r11", "memory");
    return result;
}

// The compiler calls these two even without a libc.
void *memset(void *to, int byte, size_t size)
{
    unsigned char *at = to;
    while (size--) *at++ = byte;
    return to;
}

void *memcpy(void *to, const void *from, size_t size)
{
    unsigned char *at = to;
    const unsigned char *next = from;
    while (size--) *at++ = *next++;
    return to;
}

// Output

static char output[MAX_OUTPUT];
static size_t output_length;

static void flush(void)
{
    const char *from = output;
    size_t count = output_length;
    __asm__ volatile("rep outsb" : "+S"(from), "+c"(count) : "d"(DEBUG_CONSOLE) : "memory");
    output_length = 0;
}

static void put(char byte)
{
    output[output_length++] = byte;
    if (output_length == MAX_OUTPUT) flush();
}

static void put_text(const char *text)
{
    while (*text) put(*text++);
}

static void put_escaped(const char *text, long size)
{
    for (; size > 0; size--, text++) {
        if (*text == '\n') {
            if (size > 1) put_text("\\n");
        } else if (*text == '\\') {
            put_text("\\\\");
        } else if (*text) {
            put(*text);
        }
    }
}

static void put_hex(uint32_t value)
{
    put(' ');
    for (int shift = 28; shift >= 0; shift -= 4) put("0123456789abcdef"[value >> shift & 15]);
}

// Files

static char file[MAX_FILE];

// Reads a file into `file`; its size, or negative if there is none.
static long read_file(const char *path)
{
    long descriptor = system_call(__NR_open, (long)path, 0, 0, 0, 0);
    if (descriptor < 0) return descriptor;
    long size = 0, part;
    while ((part = system_call(__NR_read, descriptor, (long)file + size, MAX_FILE - size, 0, 0)) > 0) size += part;
    system_call(__NR_close, descriptor, 0, 0, 0, 0);
    return size;
}

static void print_file(const char *path)
{
    long size = read_file(path);
    if (size < 0) return;
    put_text("file ");
    put_text(path);
    put('\t');
    put_escaped(file, size);
    put('\n');
}

// Writes `pattern` to `path`, its first two # replaced by the numbers, and `name` after it.
static void make_path(char *path, const char *pattern, unsigned first, unsigned second, const char *name)
{
    unsigned number = first;
    for (; *pattern; pattern++) {
        if (*pattern != '#') {
            *path++ = *pattern;
            continue;
        }
        for (unsigned unit = 1000; unit; unit /= 10)
            if (number >= unit || unit == 1) *path++ = '0' + number / unit % 10;
        number = second;
    }
    while ((*path++ = *name++)) {}
}

static void print_numbered(const char *pattern, unsigned first, unsigned second, const char *const *names)
{
    char path[256];
    for (; *names; names++) {
        make_path(path, pattern, first, second, *names);
        print_file(path);
    }
}

static void print_cpus(void)
{
    static const char *const topology[] = {
        "package_cpus_list", "die_cpus_list", "cluster_cpus_list", "core_cpus_list", NULL,
    };
    static const char *const cache[] = {"level", "type", "size", "shared_cpu_list", NULL};
    for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
        print_numbered("/sys/devices/system/cpu/cpu#/topology/", cpu, 0, topology);
        for (unsigned index = 0; index < MAX_CACHES; index++)
            print_numbered("/sys/devices/system/cpu/cpu#/cache/index#/", cpu, index, cache);
    }
}

static void print_nodes(void)
{
    static const char *const names[] = {"cpulist", "distance", NULL};
    for (unsigned node = 0; node < MAX_NODES; node++)
        print_numbered("/sys/devices/system/node/node#/", node, 0, names);
}

static void print_kernel_log(void)
{
    long size = system_call(__NR_syslog, SYSLOG_READ_ALL, (long)file, MAX_FILE, 0, 0);
    put_text("file log\t");
    put_escaped(file, size);
    put('\n');
}

// CPUID

static void print_cpuid(uint32_t cpu, uint32_t leaf, uint32_t subleaf)
{
    uint32_t eax, ebx, ecx, edx;
    __asm__ volatile("cpuid" : "=a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx) : "a"(leaf), "c"(subleaf));
    const uint32_t line[] = {cpu, leaf, subleaf, eax, ebx, ecx, edx};
    put_text("cpuid");
    for (unsigned at = 0; at < sizeof line / sizeof *line; at++) put_hex(line[at]);
    put('\n');
}

static bool move_to(unsigned cpu)
{
    uint8_t cpus[MAX_CPUS / 8];
    memset(cpus, 0, sizeof cpus);
    cpus[cpu / 8] = 1 << cpu % 8;
    return system_call(__NR_sched_setaffinity, 0, sizeof cpus, (long)cpus, 0, 0) == 0;
}

static void print_cpuids(void)
{
    static const struct { uint32_t leaf, subleaves; } leaves[] = {
        {0x0, 1},        {0x1, 1},        {0x2, 1},        {0x4, 6},        {0xb, 4},
        {0x1f, 7},       {0x80000000, 1}, {0x80000005, 1}, {0x80000006, 1}, {0x80000008, 1},
        {0x8000001d, 6}, {0x8000001e, 1}, {0x80000026, 6}, {0xc0000000, 1},
    };
    for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
        if (!move_to(cpu)) continue;
        for (unsigned at = 0; at < sizeof leaves / sizeof *leaves; at++)
            for (uint32_t subleaf = 0; subleaf < leaves[at].subleaves; subleaf++)
                print_cpuid(cpu, leaves[at].leaf, subleaf);
    }
}

static void mount(const char *type, const char *place)
{
    system_call(__NR_mkdir, (long)place, 0755, 0, 0, 0);
    system_call(__NR_mount, (long)type, (long)place, (long)type, 0, 0);
}

__attribute__((used)) void run(void)
{
    mount("proc", "/proc");
    mount("sysfs", "/sys");
    system_call(__NR_iopl, 3, 0, 0, 0, 0);
    print_file("/proc/version");
    print_file("/proc/cpuinfo");
    print_file("/sys/devices/system/cpu/online");
    print_cpus();
    print_nodes();
    print_cpuids();
    print_kernel_log();
    put_text("end\n");
    flush();
    system_call(__NR_reboot, REBOOT_MAGIC1, REBOOT_MAGIC2, REBOOT_POWER_OFF, 0, 0);
    for (;;) system_call(__NR_pause, 0, 0, 0, 0, 0);
}

__asm__(".globl _start\n_start: xor %ebp, %ebp\n and $-16, %rsp\n call run\n");
