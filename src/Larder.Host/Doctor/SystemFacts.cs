using System.Runtime.InteropServices;

namespace Larder.Host.Doctor;

/// <summary>Asks Linux.</summary>
internal sealed unsafe partial class SystemFacts : ISystemFacts
{
    private const int OpenFiles = 7; // RLIMIT_NOFILE
    private const int Unsynchronised = 0x40; // STA_UNSYNC
    private const int StatxBytes = 256;
    private const int CurrentFolder = -100; // AT_FDCWD
    private const int NoFollow = 0x100; // AT_SYMLINK_NOFOLLOW
    private const uint OwnerAndMode = 0x2 | 0x8; // STATX_MODE | STATX_UID
    private const int PermissionBits = 0x1FF;

    /// <inheritdoc/>
    public long MemoryBytes => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <inheritdoc/>
    public long OpenFilesLimit => GetLimit(OpenFiles, out var limit) == 0 ? (long)Math.Min(limit.Hard, long.MaxValue) : 0;

    /// <inheritdoc/>
    public uint User => GetUser();

    /// <inheritdoc/>
    public bool? ClockIsSynchronised
    {
        get
        {
            // struct timex: modes (0 only reads), offset, freq, maxerror, esterror, status … On 64-bit systems a long starts at 8.
            var clock = stackalloc byte[512];
            new Span<byte>(clock, 512).Clear();
            return AdjustClock(clock) < 0 ? null : (*(int*)(clock + 40) & Unsynchronised) == 0;
        }
    }

    /// <inheritdoc/>
    public string? Read(string path)
    {
        try
        {
            return System.IO.File.ReadAllText(path).Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public long FreeBytes(string folder) => new DriveInfo(folder).AvailableFreeSpace;

    /// <inheritdoc/>
    public FileFacts? File(string path)
    {
        // struct statx is the same on every architecture: stx_uid at 20, stx_mode at 28.
        var facts = stackalloc byte[StatxBytes];
        return Statx(CurrentFolder, path, NoFollow, OwnerAndMode, facts) == 0
            ? new FileFacts(*(uint*)(facts + 20), (UnixFileMode)(*(ushort*)(facts + 28) & PermissionBits))
            : null;
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "adjtimex")]
    private static partial int AdjustClock(byte* clock);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetUser();

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, byte* facts);

    [StructLayout(LayoutKind.Sequential)]
    private record struct Limit(ulong Soft, ulong Hard);
}
