using Microsoft.Win32.SafeHandles;

namespace Larder.Controller.Processes;

/// <summary>Owns a file descriptor.</summary>
internal sealed class DescriptorHandle : SafeHandleMinusOneIsInvalid
{
    // Above what a child process is given, so that no descriptor stands in the way of another while they are put in place.
    private const int FirstHighDescriptor = 10;

    private DescriptorHandle(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>The number, valid while this handle is.</summary>
    public int Number => (int)handle;

    /// <summary>Takes over what a call returned.</summary>
    /// <param name="descriptor">A descriptor, or -1 with the thread's last error set.</param>
    /// <param name="failure">Says what failed, given the error's text.</param>
    /// <returns>The handle.</returns>
    /// <exception cref="IOException">The call had failed.</exception>
    public static DescriptorHandle Own(int descriptor, Func<string, string> failure) =>
        descriptor >= 0 ? new DescriptorHandle(descriptor) : throw new IOException(failure(LinuxCalls.LastErrorText()));

    /// <summary>Opens a file with a descriptor of 10 or more that is closed on exec.</summary>
    /// <param name="path">The file, created with mode 0600 when missing.</param>
    /// <param name="flags">How to open it, besides creation and closing on exec.</param>
    /// <returns>The handle.</returns>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static DescriptorHandle OpenFile(string path, int flags)
    {
        string Failure(string error) => $"Cannot open '{path}': {error}.";

        using var low = Own(
            LinuxCalls.Open(path, flags | LinuxCalls.OpenCreate | LinuxCalls.OpenCloseOnExec, LinuxCalls.OwnerReadWrite), Failure);
        return Own(LinuxCalls.Fcntl(low.Number, LinuxCalls.DuplicateCloseOnExec, FirstHighDescriptor), Failure);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => LinuxCalls.Close((int)handle) == 0;
}
