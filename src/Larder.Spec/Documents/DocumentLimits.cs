namespace Larder.Spec.Documents;

/// <summary>What a spec file may be at most. A real one has about 1 KiB and three levels.</summary>
internal static class DocumentLimits
{
    /// <summary>Bytes of the file.</summary>
    public const int Bytes = 256 * 1024;

    /// <summary>Mappings and lists inside each other.</summary>
    public const int Depth = 32;
}
