using Microsoft.Data.Sqlite;

namespace Larder.Store.Sqlite;

/// <summary>What SQLite and the file system say, as errors of the control store.</summary>
internal static class StoreFaults
{
    private const int Busy = 5;
    private const int ReadOnly = 8;
    private const int InputOutput = 10;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int NoDatabase = 26;

    // SQLITE_IOERR_SHMSIZE: what a full disk becomes where it is the shared memory file that cannot grow.
    private const int SharedMemorySize = InputOutput | (19 << 8);

    // ENOSPC, EDQUOT: .NET gives the number of the system as the result of the exception.
    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;

    /// <summary>An error of SQLite.</summary>
    /// <param name="exception">The error.</param>
    /// <param name="path">The store's file.</param>
    /// <returns>The error to throw.</returns>
    public static ControlStoreException From(SqliteException exception, string path) => exception switch
    {
        { SqliteErrorCode: Full } or { SqliteExtendedErrorCode: SharedMemorySize } => FullDisk(exception, path),
        { SqliteErrorCode: Busy } => new(
            $"{path} was locked by another program for too long; nothing was changed. Try again, or find out which program has it open.",
            isTransient: true,
            exception),
        { SqliteErrorCode: ReadOnly } => new(
            $"{path} cannot be written to: {exception.Message} Make the file and its folder writable for this user.", isTransient: false, exception),
        { SqliteErrorCode: InputOutput } => new(
            $"The disk that holds {path} failed: {exception.Message} Look at the system's log, then try again.", isTransient: true, exception),
        { SqliteErrorCode: Corrupt } => Damaged(exception.Message, path, exception),
        { SqliteErrorCode: NoDatabase } => new(
            $"{path} is no SQLite database, or its beginning is damaged; nothing was changed. Move it away, or restore it from a copy.",
            isTransient: false,
            exception),
        _ => new($"{path} cannot be used: {exception.Message}", isTransient: false, exception),
    };

    /// <summary>An error of the file system while a store is opened.</summary>
    /// <param name="exception">The error.</param>
    /// <param name="path">The store's file.</param>
    /// <returns>The error to throw.</returns>
    public static ControlStoreException From(IOException exception, string path) =>
        exception.HResult is NoSpace or QuotaExceeded ? FullDisk(exception, path) : Unopenable(exception, path);

    /// <summary>A file or folder that this user may not use.</summary>
    /// <param name="exception">What the system said.</param>
    /// <param name="path">The store's file.</param>
    /// <returns>The error to throw.</returns>
    public static ControlStoreException Unopenable(Exception exception, string path) => new(
        $"{path} cannot be opened: {exception.Message} Make its folder writable for this user, or choose another home.", isTransient: false, exception);

    /// <summary>A file whose inside contradicts itself.</summary>
    /// <param name="finding">What is wrong.</param>
    /// <param name="path">The store's file.</param>
    /// <param name="cause">What was thrown, or <c>null</c>.</param>
    /// <returns>The error to throw.</returns>
    public static ControlStoreException Damaged(string finding, string path, Exception? cause = null) =>
        new($"{path} is damaged ({finding.Trim()}). Restore it from a copy.", isTransient: false, cause);

    private static ControlStoreException FullDisk(Exception exception, string path) =>
        new($"The disk that holds {path} is full; nothing was changed. Free some space and try again.", isTransient: true, exception);
}
