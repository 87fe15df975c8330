namespace Larder.Host.Cli;

/// <summary>How results are written to standard output.</summary>
internal enum OutputFormat
{
    /// <summary>Text for people.</summary>
    Table,

    /// <summary>One JSON value and nothing else.</summary>
    Json,
}
