using Larder.Store.Sqlite;

namespace Larder.Store.Tests;

/// <summary>
/// Another life of the test program: where the variable names a file, it writes to that store until it is killed, saying each revision that was
/// committed.
/// </summary>
internal static class KilledWriter
{
    public const string Variable = "LARDER_TEST_KILLED_WRITER";

    public static async Task<int> WriteForeverAsync(string path)
    {
        await using var store = await SqliteControlStore.OpenAsync(path, TimeProvider.System, CancellationToken.None);
        for (var next = (await store.ListAsync("", CancellationToken.None)).Revision + 1; ; next++)
        {
            var result = await store.CommitAsync(StoreTransaction.Empty.Put($"/written/{next}", "x"), CancellationToken.None);
            Console.Out.WriteLine(result.Revision);
            Console.Out.Flush();
        }
    }
}
