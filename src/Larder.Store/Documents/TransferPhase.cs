namespace Larder.Store.Documents;

/// <summary>How far a transfer that replaces data has come: what a daemon that is started in the middle of it has to do.</summary>
public enum TransferPhase
{
    /// <summary>The cache is untouched: it can be begun anew.</summary>
    Preparing,

    /// <summary>The new data is complete on this host, and the nodes' folders are being exchanged.</summary>
    Replacing,

    /// <summary>The nodes start with the new data; from the first of them on, clients write to it.</summary>
    Settling,

    /// <summary>It has failed, and the nodes get the folders back that they had.</summary>
    Undoing,
}
