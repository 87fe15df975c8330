namespace Larder.Model.Specs;

/// <summary>What becomes of a write that was under way when its primary failed: it may have been executed or not.</summary>
public enum UncertainWrites
{
    /// <summary>It is answered with an error that says so; the connection lives on.</summary>
    Error,

    /// <summary>The connection is closed, as any server that fails would do.</summary>
    Close,
}
