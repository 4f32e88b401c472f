/*
 * Prints a table as docs/blob-format.md's loader reads it, an entry a line in hexadecimal: function,
 * index, flags, EAX, EBX, ECX, EDX. With a vcpu_id, what KVM_GET_CPUID2 gives back of it.
 *
 *   blob_format FILE [VCPU_ID]      exit 0; 1 if the file is no table; 2 if KVM refuses
 */
#include "loader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static int fails(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	return 2;
}

/* A vCPU of a VM of its own takes the table and gives it back in its place. */
static int through_kvm(struct kvm_cpuid2 *table, long vcpu_id)
{
	int kvm, vm, vcpu;

	if ((kvm = open("/dev/kvm", O_RDWR)) < 0)
		return fails("/dev/kvm");
	if ((vm = ioctl(kvm, KVM_CREATE_VM, 0)) < 0)
		return fails("KVM_CREATE_VM");
	if ((vcpu = ioctl(vm, KVM_CREATE_VCPU, vcpu_id)) < 0)
		return fails("KVM_CREATE_VCPU");
	if (set_cpuid2(vcpu, table) < 0)
		return fails("KVM_SET_CPUID2");
	/* The loader's memory has room for as many as there can be; KVM may have added some. */
	table->nent = 256;
	memset(table->entries, 0, table->nent * sizeof(table->entries[0]));
	if (ioctl(vcpu, KVM_GET_CPUID2, table) < 0)
		return fails("KVM_GET_CPUID2");
	return 0;
}

int main(int argc, char **argv)
{
	struct kvm_cpuid2 *table = argc > 1 ? load_cpuid2(argv[1]) : NULL;
	int failed;

	if (!table)
		return 1;
	if (argc > 2 && (failed = through_kvm(table, strtol(argv[2], NULL, 10))))
		return failed;
	for (__u32 i = 0; i < table->nent; i++) {
		const struct kvm_cpuid_entry2 *e = &table->entries[i];

		printf("%x %x %x %x %x %x %x\n", e->function, e->index, e->flags, e->eax, e->ebx, e->ecx, e->edx);
	}
	free(table);
	return 0;
}
