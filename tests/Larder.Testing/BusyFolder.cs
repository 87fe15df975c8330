namespace Larder.Testing;

/// <summary>A folder in which a process makes files still.</summary>
public static class BusyFolder
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>Deletes it with all that is in it: again where something came into it meanwhile.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task DeleteAsync(string folder, CancellationToken cancellationToken)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (Directory.Exists(folder))
        {
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (IOException) when (TimeProvider.System.GetElapsedTime(began) < Limit)
            {
                await Task.Delay(Pause, TimeProvider.System, cancellationToken);
            }
        }
    }
}
