namespace Larder.Backup.Azure;

/// <summary>How patient an <see cref="AzureBlobStorage"/> is.</summary>
public sealed record AzureBlobTimes
{
    /// <summary>How long one call may go without an answer.</summary>
    /// <value>Default 30 s.</value>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a call is tried again before it is given up.</summary>
    /// <value>Default 4.</value>
    public int Retries { get; init; } = 4;

    /// <summary>The pause before the first of them; doubles each time.</summary>
    /// <value>Default 500 ms.</value>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest pause.</summary>
    /// <value>Default 8 s.</value>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(8);
}
