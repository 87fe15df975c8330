namespace Larder.Model.Operations;

/// <summary>What a drill does to a primary.</summary>
public enum DrillFault
{
    /// <summary>Its process is killed.</summary>
    Kill,

    /// <summary>Its process is stopped, and answers nothing any more.</summary>
    Hang,

    /// <summary>It hands over, as planned.</summary>
    Handover,
}
