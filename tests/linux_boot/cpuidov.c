// A plugin for QEMU's software emulation: each vCPU answers CPUID from its own struct kvm_cpuid2.
//
//   -accel tcg,thread=multi -plugin cpuidov.so,map=FILE
//
// Each line of FILE is QEMU's index of a vCPU and the path of its table. With thread=single QEMU would bake
// the index of the translating vCPU into code that all share, and callbacks would get the wrong vCPU.
//
// Wants QEMU 11.1 or later. The few prototypes of QEMU and of its glib that are needed stand here, so no
// headers of either are; the symbols come from the QEMU that loads this.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

// glib

typedef struct {
    uint8_t *data;
    unsigned len;
} GByteArray;
typedef struct {
    char *data;
    unsigned len;
} GArray;
GByteArray *g_byte_array_new(void);
GByteArray *g_byte_array_set_size(GByteArray *, unsigned);
unsigned g_array_get_element_size(GArray *);

// QEMU's plugin interface

typedef uint64_t qemu_plugin_id_t;
typedef struct qemu_info_t qemu_info_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_scoreboard;
struct qemu_plugin_register;
typedef struct {
    struct qemu_plugin_scoreboard *score;
    size_t offset;
} qemu_plugin_u64;
typedef struct {
    struct qemu_plugin_register *handle;
    const char *name;
} qemu_plugin_reg_descriptor;
enum { CB_READS_REGISTERS = 1, CB_WRITES_REGISTERS = 2 };
enum { CONDITION_NOT_EQUAL = 3 };
typedef void (*exec_callback)(unsigned vcpu, void *userdata);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, void (*)(struct qemu_plugin_tb *, void *), void *);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *, exec_callback, int flags, void *);
void qemu_plugin_register_vcpu_insn_exec_cond_cb(struct qemu_plugin_insn *, exec_callback, int flags,
                                                 int condition, qemu_plugin_u64, uint64_t immediate, void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *, void *, size_t);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
GArray *qemu_plugin_get_registers(void);
int qemu_plugin_read_register(struct qemu_plugin_register *, GByteArray *);
int qemu_plugin_write_register(struct qemu_plugin_register *, GByteArray *);
struct qemu_plugin_scoreboard *qemu_plugin_scoreboard_new(size_t);
void *qemu_plugin_scoreboard_find(struct qemu_plugin_scoreboard *, unsigned vcpu);

#ifndef PLUGIN_API
#define PLUGIN_API 7 // of QEMU 11.1; a QEMU takes a range of them
#endif
EXPORT int qemu_plugin_version = PLUGIN_API;

// Tables

enum { MAX_VCPUS = 4096, MAX_ENTRIES = 1024 };
enum { EAX, EBX, ECX, EDX, REGISTERS };
enum { SIGNIFICANT_INDEX = 1 };

// struct kvm_cpuid_entry2
struct entry {
    uint32_t leaf, subleaf, flags, values[REGISTERS], padding[3];
};
struct table {
    uint32_t count;
    struct entry *entries;
};
static struct table tables[MAX_VCPUS];

static const struct entry *find(const struct table *table, uint32_t leaf, uint32_t subleaf)
{
    for (uint32_t at = 0; at < table->count; at++) {
        const struct entry *entry = &table->entries[at];
        bool matches = !(entry->flags & SIGNIFICANT_INDEX) || entry->subleaf == subleaf;
        if (entry->leaf == leaf && matches) return entry;
    }
    return NULL;
}

static bool is_amd(const struct table *table)
{
    const struct entry *first = find(table, 0, 0);
    if (!first) return false;
    bool amd = first->values[EBX] == 0x68747541 && first->values[ECX] == 0x444d4163;
    bool hygon = first->values[EBX] == 0x6f677948 && first->values[ECX] == 0x656e6975;
    return amd || hygon;
}

// What KVM answers beyond the highest leaf of a range: not AMD's CPUs, the data of the highest basic leaf.
static const struct entry *out_of_range(const struct table *table, uint32_t leaf, uint32_t subleaf)
{
    if (is_amd(table)) return NULL;
    uint32_t begin = leaf >= 0xc0000000 ? 0xc0000000 : leaf & 0x80000000;
    const struct entry *range = find(table, begin, 0);
    const struct entry *basic = find(table, 0, 0);
    if (!basic || (range && leaf <= range->values[EAX])) return NULL;
    return find(table, basic->values[EAX], subleaf);
}

// What KVM answers from this table: kvm_cpuid() of arch/x86/kvm/cpuid.c.
static void look_up(const struct table *table, uint32_t leaf, uint32_t subleaf, uint32_t values[REGISTERS])
{
    const struct entry *entry = find(table, leaf, subleaf);
    if (!entry) entry = out_of_range(table, leaf, subleaf);
    if (entry) {
        memcpy(values, entry->values, sizeof entry->values);
        return;
    }
    memset(values, 0, sizeof entry->values);
    const struct entry *second = leaf == 0xb || leaf == 0x1f ? find(table, leaf, 1) : NULL;
    if (second) {
        values[ECX] = subleaf & 0xff;
        values[EDX] = second->values[EDX];
    }
}

// Some bits from the table, the others as they are, and features only if the emulation has them.
static uint32_t features(uint32_t table, uint32_t emulated, uint32_t from_table, uint32_t as_it_is)
{
    uint32_t both = ~(from_table | as_it_is);
    return (table & from_table) | (emulated & as_it_is) | (table & emulated & both);
}

// What the guest gets: `values` has the emulation's answer and takes over what the table says of topology and
// caches. Time, power, the areas of XSAVE and the hypervisor's leaves stay the emulation's.
static void merge(uint32_t leaf, uint32_t subleaf, const uint32_t table[REGISTERS], uint32_t values[REGISTERS])
{
    const uint32_t osxsave_and_hypervisor = 1u << 27 | 1u << 31, htt = 1u << 28, hybrid = 1u << 15;
    const uint32_t cmp_legacy_node_id_topoext = 1u << 1 | 1u << 19 | 1u << 22;
    switch (leaf) {
    case 0x0: case 0x2: case 0x4: case 0x5: case 0xb: case 0x1a: case 0x1f:
    case 0x80000000: case 0x80000002: case 0x80000003: case 0x80000004: case 0x80000005:
    case 0x80000006: case 0x80000019: case 0x8000001d: case 0x8000001e: case 0x80000026:
    case 0xc0000000:
        memcpy(values, table, REGISTERS * sizeof *table);
        break;
    case 0x1:
        values[EAX] = table[EAX];
        values[EBX] = table[EBX];
        values[ECX] = features(table[ECX], values[ECX], 0, osxsave_and_hypervisor);
        values[EDX] = features(table[EDX], values[EDX], htt, 0);
        break;
    case 0x7:
        if (subleaf) values[EAX] &= table[EAX];
        values[EBX] &= table[EBX];
        values[ECX] &= table[ECX];
        values[EDX] = features(table[EDX], values[EDX], subleaf ? 0 : hybrid, 0);
        break;
    case 0xd:
        if (subleaf == 1) values[EAX] &= table[EAX];
        break;
    case 0x80000001:
        values[EAX] = table[EAX];
        values[EBX] = table[EBX];
        values[ECX] = features(table[ECX], values[ECX], cmp_legacy_node_id_topoext, 0);
        values[EDX] &= table[EDX];
        break;
    case 0x80000008:
        values[EBX] &= table[EBX];
        values[ECX] = table[ECX];
        break;
    case 0xc0000001:
        values[EDX] &= table[EDX];
        break;
    }
}

// Registers

static struct qemu_plugin_register *handles[MAX_VCPUS][REGISTERS];

// Callable on the vCPU's own thread only.
static void find_registers(unsigned vcpu)
{
    static const char *const names[REGISTERS] = {"rax", "rbx", "rcx", "rdx"};
    GArray *all = qemu_plugin_get_registers();
    unsigned size = g_array_get_element_size(all);
    for (unsigned at = 0; at < all->len; at++) {
        const qemu_plugin_reg_descriptor *descriptor = (const void *)(all->data + (size_t)at * size);
        for (int name = 0; name < REGISTERS; name++)
            if (!strcmp(descriptor->name, names[name])) handles[vcpu][name] = descriptor->handle;
    }
}

static GByteArray *scratch(unsigned size)
{
    static __thread GByteArray *bytes;
    if (!bytes) bytes = g_byte_array_new();
    return g_byte_array_set_size(bytes, size);
}

static uint32_t read_register(unsigned vcpu, int name)
{
    GByteArray *bytes = scratch(0);
    qemu_plugin_read_register(handles[vcpu][name], bytes);
    uint32_t value = 0;
    memcpy(&value, bytes->data, bytes->len < sizeof value ? bytes->len : sizeof value);
    return value;
}

static void write_register(unsigned vcpu, int name, uint32_t value)
{
    uint64_t wide = value;
    GByteArray *bytes = scratch(sizeof wide);
    memcpy(bytes->data, &wide, sizeof wide);
    qemu_plugin_write_register(handles[vcpu][name], bytes);
}

// CPUID in flight. An interrupt between CPUID and the next instruction may execute CPUID itself.

enum { MAX_IN_FLIGHT = 4 };
struct flight {
    uint64_t next_pc;
    uint32_t leaf, subleaf;
};
struct state {
    uint64_t in_flight;
    struct flight flights[MAX_IN_FLIGHT];
};
static struct qemu_plugin_scoreboard *states;

static void before_cpuid(unsigned vcpu, void *next_pc)
{
    if (vcpu >= MAX_VCPUS || !tables[vcpu].entries) return;
    if (!handles[vcpu][EDX]) find_registers(vcpu);
    struct state *state = qemu_plugin_scoreboard_find(states, vcpu);
    if (state->in_flight == MAX_IN_FLIGHT) {
        memmove(state->flights, state->flights + 1, (MAX_IN_FLIGHT - 1) * sizeof *state->flights);
        state->in_flight--;
    }
    state->flights[state->in_flight++] = (struct flight){
        .next_pc = (uintptr_t)next_pc,
        .leaf = read_register(vcpu, EAX),
        .subleaf = read_register(vcpu, ECX),
    };
}

static void after_cpuid(unsigned vcpu, void *pc)
{
    struct state *state = qemu_plugin_scoreboard_find(states, vcpu);
    uint64_t at = state->in_flight;
    while (at > 0 && state->flights[at - 1].next_pc != (uintptr_t)pc) at--;
    if (at == 0) return;
    struct flight flight = state->flights[at - 1];
    state->in_flight = at - 1;
    uint32_t values[REGISTERS], table[REGISTERS];
    for (int name = 0; name < REGISTERS; name++) values[name] = read_register(vcpu, name);
    look_up(&tables[vcpu], flight.leaf, flight.subleaf, table);
    merge(flight.leaf, flight.subleaf, table, values);
    for (int name = 0; name < REGISTERS; name++) write_register(vcpu, name, values[name]);
}

static bool is_prefix(uint8_t byte)
{
    return byte == 0x66 || byte == 0x67 || byte == 0xf2 || byte == 0xf3 || byte == 0x26 || byte == 0x2e ||
           byte == 0x36 || byte == 0x3e || (byte & 0xf0) == 0x40;
}

// 0F A2, with none but legacy and REX prefixes before it.
static bool is_cpuid(const struct qemu_plugin_insn *instruction)
{
    uint8_t bytes[16];
    size_t size = qemu_plugin_insn_size(instruction);
    size = qemu_plugin_insn_data(instruction, bytes, size < sizeof bytes ? size : sizeof bytes);
    if (size < 2 || bytes[size - 2] != 0x0f || bytes[size - 1] != 0xa2) return false;
    for (size_t at = 0; at < size - 2; at++)
        if (!is_prefix(bytes[at])) return false;
    return true;
}

// The instruction after a CPUID may also be the first of another block.
static void translate(struct qemu_plugin_tb *block, void *userdata)
{
    (void)userdata;
    qemu_plugin_u64 in_flight = {states, offsetof(struct state, in_flight)};
    bool may_follow_cpuid = true;
    for (size_t at = 0; at < qemu_plugin_tb_n_insns(block); at++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, at);
        uintptr_t pc = qemu_plugin_insn_vaddr(instruction);
        if (may_follow_cpuid)
            qemu_plugin_register_vcpu_insn_exec_cond_cb(instruction, after_cpuid, CB_WRITES_REGISTERS,
                                                        CONDITION_NOT_EQUAL, in_flight, 0, (void *)pc);
        may_follow_cpuid = is_cpuid(instruction);
        if (may_follow_cpuid) {
            uintptr_t next = pc + qemu_plugin_insn_size(instruction);
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, before_cpuid, CB_READS_REGISTERS, (void *)next);
        }
    }
}

// Start

static bool load_table(unsigned vcpu, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) return false;
    uint32_t header[2];
    bool is_whole = fread(header, sizeof header, 1, file) == 1 && header[0] > 0 && header[0] <= MAX_ENTRIES;
    struct entry *entries = is_whole ? calloc(header[0], sizeof *entries) : NULL;
    is_whole = entries && fread(entries, sizeof *entries, header[0], file) == header[0];
    fclose(file);
    if (is_whole) tables[vcpu] = (struct table){header[0], entries};
    return is_whole;
}

static bool load_tables(const char *map)
{
    FILE *file = fopen(map, "r");
    if (!file) return false;
    unsigned vcpu;
    char path[4096];
    bool is_loaded = true;
    while (is_loaded && fscanf(file, "%u %4095[^\n]", &vcpu, path) == 2) {
        is_loaded = vcpu < MAX_VCPUS && load_table(vcpu, path);
        if (!is_loaded) fprintf(stderr, "cpuidov: no table for vCPU %u: %s\n", vcpu, path);
    }
    fclose(file);
    return is_loaded;
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int count, char **arguments)
{
    (void)info;
    for (int at = 0; at < count; at++) {
        bool is_map = !strncmp(arguments[at], "map=", 4);
        if (!is_map || !load_tables(arguments[at] + 4)) {
            fprintf(stderr, "cpuidov: cannot use %s\n", arguments[at]);
            return -1;
        }
    }
    states = qemu_plugin_scoreboard_new(sizeof(struct state));
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate, NULL);
    return 0;
}
