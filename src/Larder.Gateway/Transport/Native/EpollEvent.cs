using System.Runtime.InteropServices;

namespace Larder.Gateway.Transport.Native;

/// <summary>
/// <c>struct epoll_event</c>. It is packed on x86-64 alone (<c>EPOLL_PACKED</c> in the kernel's headers), so that its fields are reached by their offsets.
/// </summary>
internal readonly unsafe ref struct EpollEvent
{
    private readonly byte* _at;

    /// <summary>An event in a buffer of them.</summary>
    /// <param name="buffer">The buffer.</param>
    /// <param name="index">Which one.</param>
    public EpollEvent(byte* buffer, int index) => _at = buffer + (index * Size);

    /// <summary>How many bytes one takes.</summary>
    public static int Size { get; } = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    private static int DataOffset => Size - 8;

    /// <summary>What happened, or what is asked for.</summary>
    public uint Events
    {
        get => *(uint*)_at;
        set => *(uint*)_at = value;
    }

    /// <summary>Who it is about.</summary>
    public long Data
    {
        get => *(long*)(_at + DataOffset);
        set => *(long*)(_at + DataOffset) = value;
    }
}
