namespace Larder.Security.Certificates;

/// <summary>Why a server certificate is issued anew.</summary>
public enum RenewalReason
{
    /// <summary>It is not: the present one serves.</summary>
    None,

    /// <summary>There is none yet.</summary>
    Missing,

    /// <summary>Its files are damaged, half written, or do not belong together.</summary>
    Damaged,

    /// <summary>Its private key could be read by other users of the machine, so it may be known to them.</summary>
    Exposed,

    /// <summary>Less than a third of its life is left, or none.</summary>
    Expiring,

    /// <summary>By the clock it is not valid yet: the clock was set back, or was wrong when it was issued.</summary>
    NotYetValid,

    /// <summary>It lacks a name or an address that it should cover.</summary>
    NamesChanged,

    /// <summary>Another authority signed it.</summary>
    AuthorityChanged,
}
