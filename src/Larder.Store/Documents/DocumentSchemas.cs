namespace Larder.Store.Documents;

/// <summary>The schema number of each kind of document that this program writes, and the newest it understands.</summary>
public static class DocumentSchemas
{
    /// <summary>Of every document so far. A kind whose meaning changes gets a number of its own.</summary>
    public const int Current = 1;
}
